// Attempts whose launcher and guard were both killed: what they left is ended here, by its tags.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "keeper/connections.hpp"

namespace holdfast {

// Who has killed them.
enum class KilledBy : std::uint8_t {
  stranger,
  ctest,  // because the test's time was over
};

// Starts a process that ends what is left of the attempt (gently first), lets its locks go when
// nothing is, and records the attempt unless that was done. Takes the connection's locks with it.
// Returns its pid, -1 when it could not be started: then the locks go at once.
pid_t look_after_orphan(Connection orphan, const std::string& journal, KilledBy killer);

}  // namespace holdfast
