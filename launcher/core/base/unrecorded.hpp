// The warning of launcher and keeper about records that they cannot write. Both use the same words,
// because the keeper says the same line only once per run.
#pragma once

#include <string>

#include "core/base/result.hpp"

namespace holdfast {

inline std::string describe_unrecorded(const Error& error) {
  return "ignoring that attempts are not recorded: " + to_text(error);
}

}  // namespace holdfast
