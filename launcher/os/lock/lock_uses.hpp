// Collects who uses locks, for the search for circles of waits (core/lock/lock_cycle.hpp).
#pragma once

#include <vector>

#include "core/lock/lock_cycle.hpp"

namespace holdfast::os {

// Returns the uses of the locks of survey_locks().
std::vector<LockUse> named_lock_uses();

// Completes the list of attempts around each waiter: adds the attempts of holders that are
// ancestors of the waiter. A record has room for only a few attempts, and lacks those that a
// cleared environment hid. Nothing is added to a waiter of another PID namespace.
void add_ancestors(std::vector<LockUse>& uses);

}  // namespace holdfast::os
