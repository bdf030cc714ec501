// One wait for one lock: told while it lasts, ended by whatever ends a test.
#pragma once

#include "core/duration.hpp"
#include "core/lock_wait.hpp"
#include "launcher/lock_taking.hpp"

namespace holdfast::launcher {

struct LockWaitOrder {
  const LockParty& self;
  Milliseconds since{0};              // monotonic: the lock was asked for
  Milliseconds deadline = k_longest;  // monotonic
  bool out_of_order = false;          // said when it is given up
};

// Inside another attempt the wait may be part of a circle (core/lock_cycle.hpp). Whose turn it is
// to end that gives up, as at its deadline.
//
// Waits for a lock whose try_take() said false. Returns with `result.end` other than `had` when it
// ended otherwise.
void wait_for_lock(os::LockRequest& request, const LockWaitOrder& order, Surroundings& around,
                   Teller& teller, TakenLocks& result);

}  // namespace holdfast::launcher
