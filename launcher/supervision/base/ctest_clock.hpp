// ctest's clock for a test. The launcher has to finish before ctest ends the test by itself
// (docs/reference/timeouts.md).
#pragma once

#include "core/ctest/ctest_limits.hpp"
#include "core/settings/resolution.hpp"

namespace holdfast::supervision {

class CtestClock {
 public:
  explicit CtestClock(const CtestLimits& limits) : limits_(limits) {}

  // To be called when ctest starts its clock: when the launcher starts, or at the line about taken
  // locks.
  void start();

  // Starts the clock again with another limit.
  void start_anew(Milliseconds limit);

  // Returns when ctest's limit is over, on the monotonic clock. k_longest: never, the clock was not
  // started, or the limit is unknown.
  Milliseconds end() const { return end_; }
  // Returns ctest's --stop-time on the same clock; k_longest: there is none.
  Milliseconds stop_time() const;

  // True: ctest, and not the launcher, reports a timeout. That is so if ctest was given more time
  // for the limit that is in force. It is not so for a shorter limit in holdfast.toml.
  bool judges(const Policy& policy, const TestFacts& facts) const;

 private:
  CtestLimits limits_;
  Milliseconds end_ = k_longest;
};

}  // namespace holdfast::supervision
