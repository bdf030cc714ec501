// Who uses locks, as whoever looks for a circle of waits wants it (core/lock/lock_cycle.hpp).
#pragma once

#include <vector>

#include "core/lock/lock_cycle.hpp"

namespace holdfast::os {

// The locks of survey_locks().
std::vector<LockUse> named_lock_uses();

// Adds to those around each waiter the attempts of holders whose process is an ancestor of its
// own: a record has room for a few, and none of what a cleared environment hid. A waiter of another
// PID namespace stays as its record says.
void add_ancestors(std::vector<LockUse>& uses);

}  // namespace holdfast::os
