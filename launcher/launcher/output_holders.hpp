// Who has the pipe open through which a test's output goes to ctest.
#pragma once

#include <sys/types.h>

namespace holdfast::launcher {

// Whether `pid` has the pipe or socket open that is our own stdout or stderr. False when we may not
// look: then it is not held against it.
bool holds_our_output(pid_t pid);

}  // namespace holdfast::launcher
