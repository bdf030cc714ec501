// Attempts whose launcher and guard were both killed: what they left is ended here, by its tags.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>

#include "keeper/base/connections.hpp"
#include "keeper/base/run_lines.hpp"

namespace holdfast {

// Who has killed them.
enum class KilledBy : std::uint8_t {
  stranger,
  ctest,  // because the test's time was over
  // Nobody knows ctest's limit (`ctest -S`). It kills the whole tree: who was not sent SIGKILL was
  // left by a stranger.
  ctest_if_all_are_killed,
};

// The processes that look after them, one each.
class OrphanHelpers {
 public:
  // Starts one that ends what is left of the attempt (gently first), lets its locks go when nothing
  // is, and records the attempt unless that was done. Takes the connection's locks with it. When it
  // cannot be started the locks go at once.
  //
  // Who then still holds its output has no tag of it: ctest waits for them, which is said in
  // `lines`.
  void look_after(Connection orphan, const std::string& journal, KilledBy killer,
                  const ProcessName& ctest, RunLines& lines);

  enum class Reap : std::uint8_t {
    those_through,
    all,  // waits for them
  };
  void reap_helpers(Reap which);

 private:
  std::set<pid_t> helpers_;
};

}  // namespace holdfast
