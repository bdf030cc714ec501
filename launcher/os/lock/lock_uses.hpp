// Collects who uses locks, for the search for circles of waits (core/lock/lock_cycle.hpp).
#pragma once

#include <vector>

#include "core/lock/lock_cycle.hpp"

namespace holdfast::os {

// The uses of the locks of survey_locks().
std::vector<LockUse> named_lock_uses();

// Adds to the attempts around each waiter those of holders whose process is its ancestor. A record
// has room for a few attempts only, and lacks those that a cleared environment hid. A waiter of
// another PID namespace stays as its record says.
void add_ancestors(std::vector<LockUse>& uses);

}  // namespace holdfast::os
