// Tells people about one wait for one lock: while the wait lasts, and how it ended.
#pragma once

#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/lock/lock_cycle.hpp"
#include "os/lock/lock_file.hpp"
#include "supervision/base/teller.hpp"
#include "supervision/locks/lock_wait_order.hpp"

namespace holdfast::supervision {

class LockTelling {
 public:
  LockTelling(const os::LockRequest& request, const LockWaitOrder& order, Teller& teller)
      : request_(request), order_(order), teller_(teller) {}

  // Return monotonic times: when the wait began, and when there is something to tell next.
  Milliseconds start() const { return start_; }
  Milliseconds next() const { return start_ + next_telling(told_); }
  void tell_if_due();
  // Tells that we have the lock, but only if the wait was told before.
  void tell_success() const;

  // Returns a text such as "waiting for lock db@project".
  std::string waiting() const;
  // Returns one sentence for a wait that was given up. `circle`: the circle of waits that this one
  // is part of; empty: none is known.
  std::string gave_up(const LockCycle& circle) const;

  Milliseconds since_start() const;
  // Does not count `pause`, a time in which we were stopped.
  void leave_out(Milliseconds pause) { start_ += pause; }

 private:
  std::string obstacles() const;
  std::vector<std::string> strangers() const;

  const os::LockRequest& request_;
  const LockWaitOrder& order_;
  Teller& teller_;
  Milliseconds start_ = order_.since;
  unsigned told_ = 0;
};

}  // namespace holdfast::supervision
