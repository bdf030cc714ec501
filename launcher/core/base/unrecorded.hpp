// What launcher and keeper say of records that cannot be written: in the same words, so that the
// keeper, which says a line once per run, says it once of both.
#pragma once

#include <string>

#include "core/base/result.hpp"

namespace holdfast {

inline std::string describe_unrecorded(const Error& error) {
  return "ignoring that attempts are not recorded: failed to " + error.message;
}

}  // namespace holdfast
