#include "history/recent.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

BriefResult result(std::int64_t test, Grade grade, std::int64_t wall_ms = 10) {
  return {test, grade, wall_ms, 1};
}

// The first and the last test of which older runs may say more; none: 0 and 0.
std::pair<std::int64_t, std::int64_t> open(RecentTests& recent) {
  const NumberRange range = recent.open().value_or(NumberRange{});
  return {range.first, range.last};
}

using Ends = std::pair<std::int64_t, std::int64_t>;

const std::vector<NumberedTest> k_tests{
    {3, {"a"}}, {5, {"b"}}, {6, {"case", "batch"}}, {9, {"c"}}, {12, {"d"}}};

TEST(Recent, TheLastRunThatDidNotSkipATestSaysWhetherItIsRed) {
  RecentTests recent(k_tests, 0);
  recent.add(result(3, Grade::skipped));
  recent.add(result(3, Grade::error));
  recent.add(result(3, Grade::passed));
  recent.add(result(5, Grade::passed));
  recent.add(result(5, Grade::failure));
  recent.add(result(6, Grade::failure));
  recent.add(result(7, Grade::failure));
  ASSERT_EQ(recent.tests().size(), 4U);
  EXPECT_TRUE(recent.was_red({"a"}));
  EXPECT_FALSE(recent.was_red({"b"}));
  EXPECT_FALSE(recent.was_red({"case"}));
}

TEST(Recent, OnlyTheTestsBetweenTheFirstAndTheLastOpenOneAreAskedFor) {
  RecentTests recent(k_tests, 0);
  EXPECT_EQ(open(recent), Ends(3, 12));
  recent.add(result(9, Grade::passed));
  EXPECT_EQ(open(recent), Ends(3, 12));
  recent.add(result(12, Grade::passed));
  EXPECT_EQ(open(recent), Ends(3, 5));
  recent.add(result(3, Grade::passed));
  // This one is always skipped.
  recent.add(result(5, Grade::skipped));
  EXPECT_EQ(open(recent), Ends(5, 5));
  recent.add(result(5, Grade::passed));
  EXPECT_FALSE(recent.open());
  EXPECT_FALSE(RecentTests({}, 1).open());
}

TEST(Recent, TheTimeIsTheMedianOfTheLastRunsThatPassed) {
  RecentTests recent({{1, {"a"}}}, 3);
  for (const std::int64_t time : {100, 900, 300, 50}) {
    EXPECT_EQ(recent.open().has_value(), time != 50);
    recent.add(result(1, Grade::passed, time));
    if (time == 900) recent.add(result(1, Grade::failure, 7));
  }
  EXPECT_FALSE(recent.open());
  EXPECT_EQ(recent.tests()[0].times_ms, (std::vector<std::int64_t>{100, 900, 300}));
  EXPECT_EQ(recent.seconds_of({"a"}), 0.3);
  EXPECT_FALSE(RecentTests({{1, {"b"}}}, 3).seconds_of({"b"}));
}

TEST(Recent, AResultWithoutAnAttemptHasNoTime) {
  RecentTests recent({{1, {"a"}}}, 1);
  recent.add({1, Grade::passed, 0, 0});
  EXPECT_FALSE(recent.seconds_of({"a"}));
  recent.add(result(1, Grade::passed, 40));
  EXPECT_EQ(recent.seconds_of({"a"}), 0.04);
}

TEST(Recent, TestsOfOneNameAreApart) {
  RecentTests recent({{1, {"a", {}, 1, "k1"}}, {2, {"a", {}, 2, "k2"}}}, 1);
  recent.add(result(2, Grade::failure, 5));
  recent.add(result(1, Grade::passed, 6));
  EXPECT_FALSE(recent.was_red({"a", "k1"}));
  EXPECT_TRUE(recent.was_red({"a", "k2"}));
  EXPECT_FALSE(recent.was_red({"a", "k3"}));
  EXPECT_EQ(recent.seconds_of({"a", "k1"}), 0.006);
  EXPECT_FALSE(recent.seconds_of({"a", "k2"}));
}

TEST(Recent, ATestThatIsAloneWithItsNameNowIsTheOneThatRanLast) {
  RecentTests recent({{1, {"a", {}, 1, "k1"}}, {2, {"a", {}, 2, "k2"}}}, 0);
  recent.add(result(2, Grade::passed));
  recent.add(result(1, Grade::failure));
  EXPECT_FALSE(recent.was_red({"a"}));
}

TEST(Recent, ATestOfWhichNoKeyWasKeptMayBeAnyOfItsName) {
  RecentTests recent({{1, {"a", {}, 1}}, {2, {"a", {}, 2}}, {3, {"a", {}, 3, "k"}}}, 0);
  recent.add(result(3, Grade::passed));
  recent.add(result(2, Grade::failure));
  recent.add(result(1, Grade::passed));
  EXPECT_FALSE(recent.was_red({"a", "k"}));
  EXPECT_TRUE(recent.was_red({"a", "other"}));
  EXPECT_FALSE(recent.was_red({"a"}));  // the newest is of a test that is alone with its name

  // ctest could not start one of them, and has told no key.
  RecentTests later({{1, {"a", {}, 1, "k"}}, {2, {"a", {}, 2}}}, 0);
  later.add(result(2, Grade::failure));
  later.add(result(1, Grade::passed));
  EXPECT_TRUE(later.was_red({"a", "k"}));
}

TEST(Recent, TestsOfOneNameHaveTheCostOfTheOneThatIsWorst) {
  Result<History> history = History::in_memory();
  ASSERT_TRUE(history);
  const PastRun run{{"1-a", 100, 101, true},
                    {{{"a", "", 1, "k1"}, "failed", Grade::failure, 10, 1},
                     {{"a", "", 2, "k2"}, "passed", Grade::passed, 5000, 1},
                     {{"a", "", 3, "k3"}, "passed", Grade::passed, 10, 1}}};
  ASSERT_TRUE(history->add({run}));
  EXPECT_EQ(*commands_for(TestOrder::failed_first, *history), cost_commands({{"a", 1e6}}));
  EXPECT_EQ(*commands_for(TestOrder::longest_first, *history), cost_commands({{"a", 5}}));
}

TEST(Recent, OnlySoManyResultsAreRead) {
  Result<History> history = History::in_memory();
  ASSERT_TRUE(history);
  ASSERT_TRUE(history->add(
      {PastRun{{"1-a", 100, 101, true}, {{{"old"}, "failed", Grade::failure, 10, 1}}},
       PastRun{{"2-b", 200, 201, true}, {{{"new"}, "failed", Grade::failure, 10, 1}}}}));
  const Result<std::vector<NumberedTest>> tests = history->tests();
  ASSERT_TRUE(tests);
  for (const std::size_t most : {1U, 2U}) {
    const Result<RecentTests> recent = recent_tests(*history, *tests, 0, most);
    ASSERT_TRUE(recent);
    EXPECT_TRUE(recent->was_red({"new"}));
    EXPECT_EQ(recent->was_red({"old"}), most == 2);
  }
}

TEST(Recent, OfTestsOfOneNameOneThatNeverRanIsNotTheOneThatRanLast) {
  const std::vector<NumberedTest> two{{1, {"a", {}, 1, "k1"}}, {2, {"a", {}, 2, "k2"}}};
  for (const std::int64_t ran : {1, 2}) {
    RecentTests recent(two, 0);
    recent.add(result(ran, Grade::failure));
    EXPECT_TRUE(recent.was_red({"a"})) << ran;
  }
  RecentTests both(two, 0);
  both.add(result(1, Grade::failure));
  both.add(result(2, Grade::passed));
  EXPECT_TRUE(both.was_red({"a"}));
}

}  // namespace
}  // namespace holdfast
