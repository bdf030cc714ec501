// Waits for one lock, and tells people about the wait while it lasts. Everything that ends a test
// also ends the wait.
#pragma once

#include "supervision/base/surroundings.hpp"
#include "supervision/base/teller.hpp"
#include "supervision/locks/lock_wait_order.hpp"
#include "supervision/locks/taken_locks.hpp"

namespace holdfast::supervision {

// Waits for a lock whose try_take() returned false. `result.end` is `had` unless the wait ended
// otherwise.
//
// Inside another attempt the wait may be part of a circle (core/lock/lock_cycle.hpp). If it is this
// wait's turn to end the circle, the wait is given up as at its deadline.
void wait_for_lock(os::LockRequest& request, const LockWaitOrder& order, Surroundings& around,
                   Teller& teller, TakenLocks& result);

}  // namespace holdfast::supervision
