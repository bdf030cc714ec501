// The result of taking locks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/lock/lock_wait.hpp"
#include "os/lock/lock_file.hpp"
#include "supervision/locks/cluster_locks.hpp"

namespace holdfast::supervision {

struct TakenLocks {
  std::vector<os::LockRequest> held;  // those of the attempt's ports come last
  ClusterLocks cluster;               // those of scope `cluster`
  Milliseconds waited{0};
  // `lost`: those of scope `cluster` that it had, while it waited for others.
  enum class End : std::uint8_t { had, not_in_time, refused, interrupted, lost } end = End::had;
  int signal = 0;       // with interrupted: the signal, or 0 when ctest died
  std::string trouble;  // why the locks were not taken, in one sentence
};

// How to wait for one lock.

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
