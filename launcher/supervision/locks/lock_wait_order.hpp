// How to wait for one lock.
#pragma once

#include "core/base/duration.hpp"
#include "core/lock/lock_wait.hpp"

namespace holdfast::supervision {

// How long a wait out of the global order may last. Such a wait may be part of a circle, which
// nothing else would end.
inline constexpr Milliseconds k_out_of_order_patience{60'000};

struct LockWaitOrder {
  const LockParty& self;
  Milliseconds since{0};              // monotonic: when the lock was asked for
  Milliseconds deadline = k_longest;  // monotonic
  bool out_of_order = false;          // told when the wait is given up

  // For a wait that begins at `now`. `timeout` is the limit for all waits of the attempt together;
  // 0: there is none. `start`: when the first of these waits began.
  void set_deadline(Milliseconds timeout, Milliseconds start, Milliseconds now) {
    if (timeout.count() != 0) {
      deadline = start + timeout;
    } else if (out_of_order) {
      deadline = now + k_out_of_order_patience;
    }
  }
};

}  // namespace holdfast::supervision
