// Runs another program and captures what it prints.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holdfast::cli {

struct Captured {
  std::string output;  // only of stdout
  int exit_code = -1;  // -1: ended by a signal
};

// Runs `words` ([0] is looked up in PATH) with `variables` added to the environment, and waits for
// its end. Its stdin and stderr are /dev/null.
Result<Captured> capture(const std::vector<std::string>& words,
                         const std::vector<std::string>& variables);

}  // namespace holdfast::cli
