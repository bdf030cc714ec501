// The clock of an attempt: it stands still while the test is paused.
#pragma once

#include <cstdint>

#include "core/base/duration.hpp"

namespace holdfast::supervision {

class AttemptClock {
 public:
  void start();
  // Of one pause after the other, both on the clock of monotonic_now().
  void pause(Milliseconds at) { paused_since_ = at; }
  void go_on(Milliseconds at) { stopped_ += at - paused_since_; }
  // Of what it measures: the first call counts.
  void end();

  Milliseconds started() const { return started_; }
  // When it will have run for `time`, if it is not paused again.
  Milliseconds after(Milliseconds time) const { return started_ + stopped_ + time; }
  // From start to end, or to now, less the pauses; microseconds.
  std::int64_t wall_us() const;

 private:
  Milliseconds started_{0};
  Milliseconds stopped_{0};
  Milliseconds paused_since_{0};
  std::int64_t started_us_ = 0;
  std::int64_t ended_us_ = 0;
};

}  // namespace holdfast::supervision
