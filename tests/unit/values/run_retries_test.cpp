#include "values/retry_rules.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

std::string test(int number) { return "t" + std::to_string(number); }

TEST(Days, AreYearMonthAndDay) {
  const std::optional<Day> day = parse_day("2026-02-28");
  ASSERT_TRUE(day);
  EXPECT_EQ(to_text(*day), "2026-02-28");
  for (const char* const text :
       {"", "2026-2-28", "2026-02-2", "2026/02-28", "2026-02/28", "x026-02-28", "2026-x2-28",
        "2026-02-x8", "2026-02-29", "2026-13-01", "2026-00-01", "2026-02-280"}) {
    EXPECT_FALSE(parse_day(text)) << text;
  }
}

TEST(RunRetries, WithoutABudgetAllAreGrantedAndNothingIsSaidOfNone) {
  RunRetries retries(RunRetryLimits{});
  EXPECT_EQ(retries.summary(), "");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(retries.again("t"), "");
  EXPECT_EQ(retries.summary(), "100 further attempts");
}

TEST(RunRetries, ABudgetIsForTheWholeRun) {
  RunRetries retries({.budget = 2});
  EXPECT_EQ(retries.again("a"), "");
  EXPECT_EQ(retries.again("b"), "");
  EXPECT_EQ(retries.again("c"), "the run's retry-budget of 2 further attempts is spent");
  EXPECT_EQ(retries.summary(), "2 further attempts of 2, 1 refused");
  EXPECT_NE(RunRetries({.budget = 0}).again("a"), "");
}

TEST(RunRetries, TheBreakerOpensWhereMostTestsFail) {
  const struct {
    int passed;
    int failed;
    PerMille breaker;
    bool opens;
  } rows[] = {
      {0, 19, 500, false},   // too few to tell
      {0, 20, 500, true},    //
      {10, 10, 500, false},  // not more than half failed
      {10, 11, 500, true},   //
      {19, 1, 0, true},      //
      {0, 100, 1000, false},
  };
  for (const auto& row : rows) {
    RunRetries retries({.budget = {}, .breaker = row.breaker});
    for (int i = 0; i < row.passed; ++i) retries.came_out(test(i), false);
    for (int i = 0; i < row.failed - 1; ++i) retries.came_out(test(1000 + i), true);
    // The test that asks has failed, too.
    EXPECT_EQ(retries.again("asks").empty(), !row.opens) << row.passed << " " << row.failed;
    EXPECT_EQ(retries.is_open(), row.opens);
  }
}

TEST(RunRetries, OnceOpenItStaysOpenAndSaysWhy) {
  RunRetries retries({.budget = {}, .breaker = 500});
  for (int i = 0; i < 20; ++i) retries.came_out(test(i), true);
  const std::string why = "21 of 21 tests have failed (retry-breaker 0.5)";
  EXPECT_EQ(retries.again("x"), why);
  for (int i = 0; i < 100; ++i) retries.came_out(test(i), false);
  EXPECT_EQ(retries.again("y"), why);
  EXPECT_EQ(retries.summary(), "0 further attempts, 2 refused; retries stopped: " + why);
}

TEST(RunRetries, ATestCountsOnceByItsLatestAttempt) {
  RunRetries retries(RunRetryLimits{});
  // All of them are flaky: they failed and then passed.
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(retries.again(test(i)), "") << i;
    retries.came_out(test(i), false);
    retries.came_out(test(i), false);
  }
  EXPECT_FALSE(retries.is_open());
  EXPECT_EQ(retries.granted(), 40U);
}

TEST(RunRetries, OfFiveHundredThatAllFailTheFirstTwentyGetTheirs) {
  RunRetries retries({.budget = 100, .breaker = 500});
  for (int i = 0; i < 500; ++i) {
    retries.came_out(test(i), true);
    for (int further = 0; further < 3 && retries.again(test(i)).empty(); ++further) {
      retries.came_out(test(i), true);
    }
  }
  EXPECT_EQ(retries.granted(), 57U);
  EXPECT_EQ(retries.summary(),
            "57 further attempts of 100, 481 refused; retries stopped: 20 of 20 tests have failed "
            "(retry-breaker 0.5)");
}

}  // namespace
}  // namespace holdfast
