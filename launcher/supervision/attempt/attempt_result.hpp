// Makes the result of an attempt from what was seen, or from the reason why the attempt never
// began.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/duration.hpp"
#include "core/outcome/supervision.hpp"
#include "core/settings/policy.hpp"
#include "os/file/clock.hpp"
#include "supervision/base/records.hpp"

namespace holdfast::supervision {

struct SeenAttempt {
  GuardReport report;
  SupervisionState state;
  bool guard_lost = false;
  OnLeak on_leak = OnLeak::kill;
  std::int64_t wall_us = 0;
  bool in_pidns = false;  // its processes had a PID namespace of their own
};

AttemptResult result_of(const SeenAttempt& seen);

// Returns the result for an attempt in which Holdfast failed to do its part.
AttemptResult own_failure(const Error& error);
// Returns the result if a signal (or ctest's death, as SIGTERM) came before the test was started.
AttemptResult not_begun(std::string note, int signal);
// Returns the result if the attempt's locks can never be taken.
AttemptResult refused(std::string note);
// Returns the result of an attempt that could not begin, for the reason in `seen`.
AttemptResult result_without_attempt(const Observation& seen, std::string note);

// The clock of an attempt, which stands still while the test is paused.
class AttemptClock {
 public:
  void start() { started_us_ = os::monotonic_now_us(); }
  // These functions note the start and the end of one pause, both on the clock of monotonic_now().
  void pause(Milliseconds at) { paused_since_ = at; }
  // The latter returns how long the pause was.
  Milliseconds go_on(Milliseconds at) {
    stopped_ += at - paused_since_;
    return at - paused_since_;
  }
  // Ends the measured time.
  void end() { ended_us_ = os::monotonic_now_us(); }

  Milliseconds started() const { return Milliseconds{started_us_ / 1000}; }
  // Returns when the attempt will have run for `time`, if it is not paused again.
  Milliseconds after(Milliseconds time) const { return started() + stopped_ + time; }
  // Returns the time from start to end (or now) without the pauses, in microseconds.
  std::int64_t wall_us() const;

 private:
  Milliseconds stopped_{0};
  Milliseconds paused_since_{0};
  std::int64_t started_us_ = 0;
  std::int64_t ended_us_ = 0;
};

}  // namespace holdfast::supervision
