// How to wait for one lock.
#pragma once

#include "core/base/duration.hpp"
#include "core/lock/lock_wait.hpp"

namespace holdfast::supervision {

struct LockWaitOrder {
  const LockParty& self;
  Milliseconds since{0};              // monotonic: when the lock was asked for
  Milliseconds deadline = k_longest;  // monotonic
  bool out_of_order = false;          // said when the wait is given up
};

}  // namespace holdfast::supervision
