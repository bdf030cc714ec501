// How an attempt speaks to people: by which way a line goes, how a wait is told, and what is said
// of an attempt that did not simply run and end.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "attempt/keeper_link.hpp"
#include "attempt/records.hpp"
#include "base/duration.hpp"
#include "base/text.hpp"
#include "settings/command_line.hpp"
#include "settings/wire.hpp"
#include "values/held_locks.hpp"
#include "values/outcome.hpp"
#include "values/policy.hpp"

namespace holdfast::supervision {

// Says a line to people. The line goes through the keeper to ctest's stderr, so that no byte of
// ours is in a test's output. If that is not possible, the line goes to our own stderr.

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

// Returns what a test had to wait for, and how long: `lock db, port, service web after 1.2 s`.
// lock_line.cmake has the pattern by which ctest knows this line.
std::string lock_line(const Policy& policy, Milliseconds waited);

// Returns one sentence; empty: there is nothing to say. `command`: the program that was to be
// executed. `parent`: the program whose death ends the test.
std::string note_on(const AttemptResult& result, std::string_view test, std::string_view command,
                    const Policy& policy, std::string_view parent = "ctest");

// True: the note is worth knowing but is no error. The test left something behind, or had nothing
// to run.
bool is_worth_knowing(const AttemptResult& result);

// Returns a text such as "left 1 process behind, ended: sleep (pid 17)". It does not say `ended` if
// some of the tree could not be ended.
std::string describe_leftovers(const GuardReport& report);

// For the log: the outcome, how the main process ended, and the evidence: what counted, and what
// did not.
std::string account_of(const AttemptResult& result);

}  // namespace holdfast::supervision
