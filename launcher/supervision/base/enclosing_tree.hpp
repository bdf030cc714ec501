// The build tree around the working directory, for a command that ctest did not start.
#pragma once

#include "core/lock/lock_place.hpp"

namespace holdfast::supervision {

// Looks upward for a directory that was configured with Holdfast. Empty when there is none: then
// the scopes `build` and `project` are those of the user.
LockHome enclosing_tree();

}  // namespace holdfast::supervision
