// What another program prints.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holdfast::cli {

struct Captured {
  std::string output;  // of stdout only
  int exit_code = -1;  // -1: ended by a signal
};

// Runs `words` ([0] is looked up in PATH) with these variables added to the environment, stdin and
// stderr closed to it (/dev/null), and waits for its end.
Result<Captured> capture(const std::vector<std::string>& words,
                         const std::vector<std::string>& variables);

}  // namespace holdfast::cli
