// Tells people about one wait for one lock: while the wait lasts, and how it ended.
#pragma once

#include <string>
#include <vector>

#include "core/lock/lock_cycle.hpp"
#include "os/lock/lock_file.hpp"
#include "supervision/base/wait_telling.hpp"
#include "supervision/locks/lock_wait_order.hpp"

namespace holdfast::supervision {

class LockTelling : public WaitTelling {
 public:
  LockTelling(const os::LockRequest& request, const LockWaitOrder& order, Teller& teller)
      : WaitTelling(teller, order.self.test, "lock " + to_text(request.spec()), order.since),
        request_(request),
        order_(order) {}

  void tell_if_due() {
    if (take_due()) tell(obstacles());
  }

  // Returns one sentence for a wait that was given up. `circle`: the circle of waits that this one
  // is part of; empty: none is known.
  std::string gave_up(const LockCycle& circle) const;

 private:
  std::string obstacles() const;
  std::vector<std::string> strangers() const;

  const os::LockRequest& request_;
  const LockWaitOrder& order_;
};

}  // namespace holdfast::supervision
