#include "hunting/odds.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

// The probability of `least` or more failures, term by term.
double at_least(int least, int runs, double rate) {
  double sum = 0;
  for (int i = least; i <= runs; ++i) {
    double term = 1;
    for (int j = 0; j < i; ++j) term *= rate * (runs - j) / (i - j);
    for (int j = i; j < runs; ++j) term *= 1 - rate;
    sum += term;
  }
  return sum;
}

TEST(Odds, TheRateIsBetweenTheBoundsOfClopperAndPearson) {
  for (const auto& [runs, failures] : {std::pair(10, 1), {10, 9}, {50, 20}, {200, 3}}) {
    const RateBounds bounds =
        bounds_of({static_cast<std::uint64_t>(runs), static_cast<std::uint64_t>(failures)});
    EXPECT_NEAR(at_least(failures, runs, bounds.low), 0.025, 1e-6) << failures << " of " << runs;
    EXPECT_NEAR(at_least(failures + 1, runs, bounds.high), 0.975, 1e-6)
        << failures << " of " << runs;
  }
}

TEST(Odds, WithoutFailuresTheRateIsBelowTheRuleOfThree) {
  const RateBounds bounds = bounds_of({5000, 0});
  EXPECT_EQ(bounds.low, 0);
  EXPECT_NEAR(bounds.high, 3.0 / 5000, 2e-6);
}

TEST(Odds, OneThatAlwaysFailsHasNoBoundAbove) {
  const RateBounds bounds = bounds_of({10, 10});
  EXPECT_NEAR(bounds.low, 0.6915, 1e-4);
  EXPECT_EQ(bounds.high, 1);
}

TEST(Odds, WithoutRunsNothingIsKnown) {
  EXPECT_EQ(bounds_of({}).low, 0);
  EXPECT_EQ(bounds_of({}).high, 1);
  EXPECT_EQ(Tally().rate(), 0);
}

TEST(Odds, ManyRunsNeedNoMoreTimeAndKeepTheirBounds) {
  const RateBounds half = bounds_of({100'000, 50'000});
  EXPECT_NEAR(half.low, 0.4969, 1e-4);
  EXPECT_NEAR(half.high, 0.5031, 1e-4);
  const RateBounds nearly = bounds_of({100'000, 99'999});
  EXPECT_NEAR(nearly.low, 0.999944, 1e-6);
}

// (C(10,8) C(10,1) + C(10,9) C(10,0)) / C(20,9)
TEST(Odds, TheChanceOfADifferenceIsFishers) {
  EXPECT_NEAR(chance_of({10, 8}, {10, 1}), 0.0027387, 1e-7);
  EXPECT_NEAR(chance_of({1000, 5}, {1000, 5}), 0.6234, 1e-4);
}

TEST(Odds, ThereIsNoDifferenceWithoutFailures) {
  EXPECT_EQ(chance_of({10, 0}, {10, 0}), 1);
  EXPECT_NEAR(chance_of({10, 0}, {10, 5}), 1, 1e-12);
}

TEST(Odds, AllFailuresInFewRunsAreNoChance) { EXPECT_LT(chance_of({100, 30}, {20'000, 0}), 1e-50); }

}  // namespace
}  // namespace holdfast
