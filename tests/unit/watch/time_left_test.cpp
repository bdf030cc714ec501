#include "watch/watch_state.hpp"

#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

const KnownDurations k_known{{"a", 10}, {"b", 20}, {"c", 30}};

TEST(TimeLeft, IsTheRestOfTheRunningTestsAndTheMeanOfThoseToCome) {
  // Of a 4 s are left; b and c take 50 s.
  EXPECT_EQ(time_left({k_known, {"a"}, {{"a", 6}}, 2, 1}), 54);
  EXPECT_EQ(time_left({k_known, {"a"}, {{"a", 6}}, 2, 2}), 27);
  // Nobody knows which one of b and c is to come.
  EXPECT_EQ(time_left({k_known, {"a"}, {{"a", 6}}, 1, 1}), 29);
}

TEST(TimeLeft, IsNoLessThanTheLongestTestNeeds) {
  EXPECT_EQ(time_left({k_known, {"a", "b", "c"}, {{"a", 6}, {"c", 1}}, 0, 8}), 29);
  EXPECT_EQ(time_left({k_known, {"a"}, {{"a", 6}}, 2, 100}), 25);
}

TEST(TimeLeft, ATestThatTakesLongerThanBeforeMayEndAtAnyMoment) {
  EXPECT_EQ(time_left({k_known, {"a", "b", "c"}, {{"a", 60}}, 0, 1}), 0);
}

TEST(TimeLeft, OfUnknownTestsTheKnownOnesTell) {
  EXPECT_EQ(time_left({k_known, {"a", "b", "c"}, {}, 2, 1}), 40);
}

TEST(TimeLeft, IsNotKnownIfNothingIs) {
  EXPECT_EQ(time_left({{}, {"a"}, {{"a", 6}}, 2, 1}), std::nullopt);
  EXPECT_EQ(time_left({{}, {"a"}, {{"a", 6}}, 0, 1}), std::nullopt);
  EXPECT_EQ(time_left({{}, {}, {}, 0, 1}), 0);
}

}  // namespace
}  // namespace holdfast::cli
