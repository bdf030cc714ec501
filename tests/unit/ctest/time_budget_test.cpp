#include "ctest/ctest_limits.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace holdfast {
namespace {

constexpr Milliseconds operator""_ms(unsigned long long count) {
  return Milliseconds{static_cast<std::int64_t>(count)};
}

TEST(TimeBudget, WithoutANativeLimitThereIsTimeForAll) {
  EXPECT_EQ(stacks_time(5_ms, k_longest), k_stacks_time);
  EXPECT_EQ(grace_before(k_longest, 5_ms, 600'000_ms), 600'000_ms);
  EXPECT_EQ(time_for_hook(5_ms, k_longest), 30'000_ms);
}

TEST(TimeBudget, TheUsualMarginHoldsStacksDefaultGraceAndKill) {
  const Milliseconds native_end = 10'000_ms + 8000_ms;
  EXPECT_EQ(stacks_time(10'000_ms, native_end), 2000_ms);
  EXPECT_EQ(grace_before(native_end, 12'000_ms, 5000_ms), 5000_ms);
  EXPECT_EQ(grace_before(native_end, 12'000_ms, 60'000_ms), 5000_ms);
  EXPECT_EQ(grace_before(native_end, 12'000_ms, 0_ms), 0_ms);
}

TEST(TimeBudget, AShortMarginIsSharedByStacksAndGrace) {
  EXPECT_EQ(stacks_time(1000_ms, 4000_ms), 1000_ms);
  EXPECT_EQ(grace_before(4000_ms, 2000_ms, 5000_ms), 1000_ms);
}

TEST(TimeBudget, ACommandBeforeTheKillLeavesTimeForStacksAndAShortGrace) {
  EXPECT_EQ(time_for_hook(10'000_ms, 18'000_ms), 4000_ms);
  EXPECT_EQ(time_for_hook(10'000_ms, 14'001_ms), 1_ms);
  EXPECT_EQ(time_for_hook(10'000_ms, 14'000_ms), 0_ms);
  EXPECT_EQ(time_for_hook(10'000_ms, 44'001_ms), 30'000_ms);
}

TEST(TimeBudget, AnotherAttemptLeavesTimeForStacksAndItsWholeGrace) {
  EXPECT_EQ(time_for_attempt(10'000_ms, 30'000_ms, 5000_ms), 12'000_ms);
  EXPECT_EQ(time_for_attempt(10'000_ms, 18'000_ms, 5000_ms), 0_ms);
  EXPECT_EQ(time_for_attempt(10'000_ms, 13'001_ms, 0_ms), 1_ms);
}

TEST(TimeBudget, WhenThereIsNoTimeLeftItIsKilledAtOnce) {
  for (Milliseconds now : {3000_ms, 3500_ms, 9000_ms}) {
    EXPECT_EQ(stacks_time(now, 4000_ms), 0_ms);
    EXPECT_EQ(grace_before(4000_ms, now, 5000_ms), 0_ms);
    EXPECT_EQ(time_for_hook(now, 4000_ms), 0_ms);
    EXPECT_EQ(time_for_attempt(now, 4000_ms, 5000_ms), 0_ms);
  }
}

}  // namespace
}  // namespace holdfast
