// One wait for one lock: told while it lasts, ended by whatever ends a test.
#pragma once

#include "core/base/duration.hpp"
#include "core/lock/lock_wait.hpp"
#include "supervision/base/surroundings.hpp"
#include "supervision/base/teller.hpp"
#include "supervision/locks/lock_wait_order.hpp"
#include "supervision/locks/taken_locks.hpp"

namespace holdfast::supervision {

// Inside another attempt the wait may be part of a circle (core/lock/lock_cycle.hpp). Whose turn it
// is to end that gives up, as at its deadline.
//
// Waits for a lock whose try_take() said false. Returns with `result.end` other than `had` when it
// ended otherwise.
void wait_for_lock(os::LockRequest& request, const LockWaitOrder& order, Surroundings& around,
                   Teller& teller, TakenLocks& result);

}  // namespace holdfast::supervision
