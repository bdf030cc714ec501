// Finds what the attempts around this process hold where its environment does not say so: a test
// may have cleared HOLDFAST_HELD for what it starts (`env -i`).
#pragma once

#include <string>

#include "core/lock/lock_wait.hpp"

namespace holdfast::supervision {

// Returns the text that HOLDFAST_HELD would have. Records of locks name the holders. A holder is
// around us if it is an ancestor: the launcher lives as long as its attempt has processes. Where a
// PID namespace hides the launcher, our attempt's tag tells it. Reads all locks of this user, so it
// is for those that have to wait anyway.
std::string find_held_above();

}  // namespace holdfast::supervision
