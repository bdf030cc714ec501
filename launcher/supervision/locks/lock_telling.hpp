// What is told about one wait for one lock: while it lasts, and how it ended.
#pragma once

#include <string>
#include <vector>

#include "core/lock/lock_cycle.hpp"
#include "os/file/clock.hpp"
#include "os/lock/lock_file.hpp"
#include "supervision/base/teller.hpp"
#include "supervision/locks/lock_wait_order.hpp"

namespace holdfast::supervision {

class LockTelling {
 public:
  LockTelling(const os::LockRequest& request, const LockWaitOrder& order, Teller& teller)
      : request_(request), order_(order), teller_(teller) {}

  // By the monotonic clock: since when it is waited, and when there is something to tell again.
  Milliseconds start() const { return start_; }
  Milliseconds next() const { return start_ + next_telling(told_); }
  void tell_if_due();
  // Who told nothing has nothing to add.
  void tell_success() const;

  // "waiting for lock db@project".
  std::string waiting() const;
  // One sentence for who does not get it in time, or ever: it is part of `circle` (empty: of none
  // that is known).
  std::string gave_up(const LockCycle& circle) const;

  Milliseconds since_start() const;
  // Not counted: we were stopped.
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
