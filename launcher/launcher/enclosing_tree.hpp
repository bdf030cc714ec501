// The build tree around the working directory, for a command that ctest did not start.
#pragma once

#include "os/lock_file.hpp"

namespace holdfast::launcher {

// Looks upward for a directory that was configured with Holdfast. Empty when there is none: then
// the scopes `build` and `project` are the user's.
os::LockHome enclosing_tree();

}  // namespace holdfast::launcher
