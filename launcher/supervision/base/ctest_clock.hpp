// ctest's clock for a test, and what ctest ends the test by itself for: the launcher is to be
// through before (docs/guide/timeouts.md).
#pragma once

#include "core/ctest/ctest_limits.hpp"
#include "core/settings/resolution.hpp"

namespace holdfast::supervision {

class CtestClock {
 public:
  explicit CtestClock(const CtestLimits& limits) : limits_(limits) {}

  // To be called when ctest starts it: with the launcher, or at the line that says that the locks
  // are had.
  void start();

  // With another limit.
  void start_anew(Milliseconds limit);

  // When ctest's limit is over, monotonic clock; k_longest: never, not started, or nobody knows.
  Milliseconds end() const { return end_; }
  // ctest's --stop-time on the same clock; k_longest: there is none.
  Milliseconds stop_time() const;

  // Whether a test that has timed out is left to ctest to call so: its limit is one that ctest has
  // been given more for, and not a shorter one of holdfast.toml.
  bool judges(const Policy& policy, const TestFacts& facts) const;

 private:
  CtestLimits limits_;
  Milliseconds end_ = k_longest;
};

}  // namespace holdfast::supervision
