// The clock of an attempt, which stands still while the test is paused.
#pragma once

#include <cstdint>

#include "core/base/duration.hpp"

namespace holdfast::supervision {

class AttemptClock {
 public:
  void start();
  // These functions note the start and the end of one pause, both on the clock of monotonic_now().
  void pause(Milliseconds at) { paused_since_ = at; }
  void go_on(Milliseconds at) { stopped_ += at - paused_since_; }
  // Ends the measured time; only the first call counts.
  void end();

  Milliseconds started() const { return started_; }
  // Returns when the attempt will have run for `time`, if it is not paused again.
  Milliseconds after(Milliseconds time) const { return started_ + stopped_ + time; }
  // Returns the time from start to end (or now) without the pauses, in microseconds.
  std::int64_t wall_us() const;

 private:
  Milliseconds started_{0};
  Milliseconds stopped_{0};
  Milliseconds paused_since_{0};
  std::int64_t started_us_ = 0;
  std::int64_t ended_us_ = 0;
};

}  // namespace holdfast::supervision
