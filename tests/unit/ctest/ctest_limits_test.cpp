#include "ctest/ctest_limits.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

constexpr Milliseconds k_now{1'000'000};

Milliseconds seconds(int count) { return Milliseconds{count * 1000}; }

CtestLimits default_of_ten() {
  CtestLimits limits;
  limits.default_raised = seconds(10);
  return limits;
}

TEST(CtestLimits, NothingToldIsNoLimit) {
  EXPECT_EQ(native_limit({}), k_longest);
  EXPECT_EQ(soonest_end({}, k_now), k_longest);
}

TEST(CtestLimits, ATestsOwnWinsOverThatOfTheRun) {
  CtestLimits limits = default_of_ten();
  EXPECT_EQ(native_limit(limits), seconds(10));
  limits.raised = seconds(38);
  EXPECT_EQ(native_limit(limits), seconds(38));
  EXPECT_EQ(soonest_end(limits, k_now), seconds(38));
  limits.raised = seconds(0);
  EXPECT_EQ(native_limit(limits), k_longest);
  EXPECT_EQ(soonest_end(limits, k_now), k_longest);
}

TEST(CtestLimits, WhatWasNotRaisedIsNothingToWaitForButMayEndTheTest) {
  CtestLimits limits = default_of_ten();
  limits.kept = seconds(5);
  EXPECT_EQ(native_limit(limits), k_longest);
  EXPECT_EQ(soonest_end(limits, k_now), seconds(5));
  limits.kept = seconds(0);
  EXPECT_EQ(soonest_end(limits, k_now), seconds(0));
  limits.raised = seconds(20);  // the test's limit, in a script with a limit of its own
  EXPECT_EQ(native_limit(limits), seconds(20));
  EXPECT_EQ(soonest_end(limits, k_now), seconds(20));
}

TEST(CtestLimits, StopTimeMayComeFirst) {
  CtestLimits limits = default_of_ten();
  limits.stop_time = k_now + seconds(3);
  EXPECT_EQ(soonest_end(limits, k_now), seconds(3));
  EXPECT_EQ(native_limit(limits), seconds(10));
  limits.stop_time = k_now + seconds(300);
  EXPECT_EQ(soonest_end(limits, k_now), seconds(10));
  limits.stop_time = k_now - seconds(1);
  EXPECT_EQ(soonest_end(limits, k_now), seconds(0));
}

}  // namespace
}  // namespace holdfast
