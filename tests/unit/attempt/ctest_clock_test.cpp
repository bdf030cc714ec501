#include "attempt/surroundings.hpp"

#include <gtest/gtest.h>

namespace holdfast::supervision {
namespace {

using namespace std::chrono_literals;

bool judges(const CtestLimits& limits, Milliseconds timeout, const std::string& run_limit) {
  CtestClock clock(limits);
  clock.start();
  Policy policy;
  policy.timeout = timeout;
  TestProperties properties;
  properties.default_timeout = run_limit;
  return clock.judges(policy, properties);
}

TEST(CtestClock, HasNoEndBeforeCtestStartsIt) {
  CtestLimits limits;
  limits.raised = 30'000ms;
  CtestClock clock(limits);
  EXPECT_EQ(clock.end(), k_longest);
  EXPECT_FALSE(clock.judges({}, {}));
  clock.start();
  EXPECT_NE(clock.end(), k_longest);
}

TEST(CtestClock, LeavesATimeoutToCtestWhereCtestGotMoreTimeForThatLimit) {
  CtestLimits raised;
  raised.raised = 30'000ms;
  CtestLimits never;
  never.raised = 0ms;
  CtestLimits of_run;
  of_run.default_raised = 1'508'000ms;
  CtestLimits kept;
  kept.kept = 7000ms;
  EXPECT_TRUE(judges(raised, 22'000ms, ""));
  EXPECT_FALSE(judges(never, 22'000ms, ""));
  EXPECT_FALSE(judges(kept, 7000ms, ""));
  EXPECT_FALSE(judges({}, 7000ms, "7"));
  EXPECT_TRUE(judges(of_run, 1'500'000ms, "1500"));
  EXPECT_FALSE(judges(of_run, 22'000ms, "1500"));  // a shorter limit of holdfast.toml
  EXPECT_FALSE(judges(of_run, 0ms, ""));
}

TEST(CtestClock, KnowsNoStopTimeWhereThereIsNone) {
  EXPECT_EQ(CtestClock({}).stop_time(), k_longest);
  CtestLimits limits;
  limits.stop_time = 1'700'000'000'000ms;
  EXPECT_LT(CtestClock(limits).stop_time(), 0ms);  // long over
}

}  // namespace
}  // namespace holdfast::supervision
