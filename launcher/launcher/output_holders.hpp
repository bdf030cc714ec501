// Who has the pipe open through which a test's output goes to ctest.
#pragma once

#include <sys/types.h>

namespace holdfast::launcher {

// Whether `pid` has the pipe or socket open that is the descriptor `output` or `errors` here. False
// when we may not look: then it is not held against it.
bool holds_output(pid_t pid, int output, int errors);

}  // namespace holdfast::launcher
