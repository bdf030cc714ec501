// What we tell about one wait for one lock: while it lasts, and how it ended.
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

  // On the monotonic clock: when the wait began, and when there is something to tell again.
  Milliseconds start() const { return start_; }
  Milliseconds next() const { return start_ + next_telling(told_); }
  void tell_if_due();
  // Says nothing unless the wait was told before.
  void tell_success() const;

  // "waiting for lock db@project".
  std::string waiting() const;
  // One sentence for a wait that was given up. `circle`: the known circle that it is part of, or
  // empty.
  std::string gave_up(const LockCycle& circle) const;

  Milliseconds since_start() const;
  // Leaves out a time in which we were stopped.
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
