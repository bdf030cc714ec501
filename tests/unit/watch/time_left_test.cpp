#include "watch/watch_state.hpp"

#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

const KnownDurations k_known{{"a", 10}, {"b", 20}, {"c", 30}};

// A test that has run for so many seconds at the time 0.
RunningTest running(const char* test, double seconds) { return {{test, "", 0, -seconds}}; }

TEST(TimeLeft, IsTheRestOfTheRunningTestsAndTheMeanOfThoseToCome) {
  // Of a 4 s are left; b and c take 50 s.
  EXPECT_EQ(time_left({k_known, {"a"}, {running("a", 6)}, 0, 2, 1}), 54);
  EXPECT_EQ(time_left({k_known, {"a"}, {running("a", 6)}, 0, 2, 2}), 27);
  // Nobody knows which one of b and c is to come.
  EXPECT_EQ(time_left({k_known, {"a"}, {running("a", 6)}, 0, 1, 1}), 29);
}

TEST(TimeLeft, IsNoLessThanTheLongestTestNeeds) {
  EXPECT_EQ(time_left({k_known, {"a", "b", "c"}, {running("a", 6), running("c", 1)}, 0, 0, 8}), 29);
  EXPECT_EQ(time_left({k_known, {"a"}, {running("a", 6)}, 0, 2, 100}), 25);
}

TEST(TimeLeft, ATestThatTakesLongerThanBeforeMayEndAtAnyMoment) {
  EXPECT_EQ(time_left({k_known, {"a", "b", "c"}, {running("a", 60)}, 0, 0, 1}), 0);
}

TEST(TimeLeft, OfUnknownTestsTheKnownOnesTell) {
  EXPECT_EQ(time_left({k_known, {"a", "b", "c"}, {}, 0, 2, 1}), 40);
}

TEST(TimeLeft, IsNotKnownIfNothingIs) {
  EXPECT_EQ(time_left({{}, {"a"}, {running("a", 6)}, 0, 2, 1}), std::nullopt);
  EXPECT_EQ(time_left({{}, {"a"}, {running("a", 6)}, 0, 0, 1}), std::nullopt);
  EXPECT_EQ(time_left({{}, {}, {}, 0, 0, 1}), 0);
}

}  // namespace
}  // namespace holdfast::cli
