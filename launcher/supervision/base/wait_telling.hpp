// Tells people about one wait of an attempt: while it lasts, at growing intervals, and that it is
// over.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/duration.hpp"
#include "core/lock/lock_wait.hpp"
#include "core/settings/wire.hpp"
#include "supervision/base/teller.hpp"

namespace holdfast::supervision {

class WaitTelling {
 public:
  // `test` waits for `subject`, such as `lock db@project`, since `start` (monotonic).
  WaitTelling(Teller& teller, const std::string& test, std::string subject, Milliseconds start)
      : teller_(teller), test_(test), subject_(std::move(subject)), start_(start) {}

  // Has the keeper told, too: nobody else sees this wait. `unsaid`: of how many of the first
  // tellings only the keeper learns.
  void tell_keeper(wire::AttemptWait wait, unsigned unsaid = 0) {
    for_keeper_ = std::move(wait);
    unsaid_ = unsaid;
  }

  // Return monotonic times: when the wait began, and when there is something to tell next.
  Milliseconds start() const { return start_; }
  Milliseconds next() const { return start_ + next_telling(told_); }
  // True, once for each time: it is time to call tell(), at once or when the reason is known.
  bool take_due();
  // `why`: empty: not known.
  void tell(std::string_view why);
  // Tells that the wait is over, but only if it was told before.
  void tell_success() const;

  // Returns a text such as "waiting for lock db@project".
  std::string waiting() const { return "waiting for " + subject_; }
  Milliseconds since_start() const;
  // Does not count `pause`, a time in which we were stopped.
  void leave_out(Milliseconds pause) { start_ += pause; }

 private:
  Teller& teller_;
  const std::string& test_;
  std::string subject_;
  Milliseconds start_;
  unsigned told_ = 0;
  unsigned unsaid_ = 0;
  std::optional<wire::AttemptWait> for_keeper_;
};

}  // namespace holdfast::supervision
