// Says a line to people. The line goes through the keeper to ctest's stderr, so that no byte of
// ours is in a test's output. If that is not possible, the line goes to our own stderr.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/duration.hpp"
#include "core/base/text.hpp"
#include "core/lock/lock_wait.hpp"
#include "core/settings/command_line.hpp"
#include "core/settings/wire.hpp"
#include "supervision/base/keeper_link.hpp"

namespace holdfast::supervision {

class Teller {
 public:
  // `lines`: a descriptor for the lines if there is no keeper; -1: our own stderr. On a terminal a
  // line overwrites the build tool's status line.
  Teller(KeeperLink* keeper, Loudness loudness, int lines = -1)
      : keeper_(keeper), loudness_(loudness), lines_(lines) {}

  // Says something worth knowing; silenced by --quiet.
  void tell(std::string_view text, Layout layout = Layout::one_line);
  // Says an error; never silenced.
  void complain(std::string_view text, Layout layout = Layout::one_line) {
    say(text, Repeat::each_time, layout);
  }
  // Says an error about an interrupted test. If the whole run was interrupted, one line speaks for
  // all its tests.
  void complain_of_interruption(std::string_view text) { say(text, Repeat::unless_ctest_ends); }
  // Says an error that every test of the run would say. Only the first test says it.
  void complain_once(std::string_view text) { say(text, Repeat::once_per_run); }
  // For `holdfast status`: what the attempt waits for, as text; empty: it waits no longer.
  void tell_wait(const wire::AttemptWait& wait) {
    if (keeper_ != nullptr) keeper_->tell_wait(wait);
  }

 private:
  void say(std::string_view text, Repeat repeat, Layout layout = Layout::one_line);

  KeeperLink* keeper_;
  Loudness loudness_;
  int lines_;
};

// Writes one line `holdfast: <text>` on stderr, by one write.
void write_line(std::string_view text);

// Tells people about one wait of an attempt: while it lasts, at growing intervals, and that it is
// over.
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
