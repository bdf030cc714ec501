// ctest's clock for a test. The launcher has to finish before ctest ends the test by itself
// (docs/guide/timeouts.md).
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

  // When ctest's limit is over, on the monotonic clock; k_longest: never, not started, or unknown.
  Milliseconds end() const { return end_; }
  // ctest's --stop-time on the same clock; k_longest: there is none.
  Milliseconds stop_time() const;

  // Whether ctest, and not the launcher, reports a timeout. ctest does if it was given more time
  // for the limit in force. ctest does not for a shorter limit in holdfast.toml.
  bool judges(const Policy& policy, const TestFacts& facts) const;

 private:
  CtestLimits limits_;
  Milliseconds end_ = k_longest;
};

}  // namespace holdfast::supervision
