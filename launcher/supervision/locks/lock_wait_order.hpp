// How to wait for one lock.
#pragma once

#include "core/base/duration.hpp"
#include "core/lock/lock_wait.hpp"

namespace holdfast::supervision {

// A wait out of the global order may be part of a circle, which nothing else would end.
inline constexpr Milliseconds k_out_of_order_patience{60'000};

struct LockWaitOrder {
  const LockParty& self;
  Milliseconds since{0};              // monotonic: when the lock was asked for
  Milliseconds deadline = k_longest;  // monotonic
  bool out_of_order = false;          // said when the wait is given up

  // For a wait that begins at `now`. `timeout` is for all waits of the attempt together, of which
  // the first began at `start`; 0: no limit.
  void set_deadline(Milliseconds timeout, Milliseconds start, Milliseconds now) {
    if (timeout.count() != 0) {
      deadline = start + timeout;
    } else if (out_of_order) {
      deadline = now + k_out_of_order_patience;
    }
  }
};

}  // namespace holdfast::supervision
