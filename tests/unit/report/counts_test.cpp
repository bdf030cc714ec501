#include "report/model.hpp"

#include "report/sample_journal.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Counts, EveryTestIsInExactlyOneOfTheExclusiveOnes) {
  const Counts counts = full_journal().report().counts;
  EXPECT_TRUE(adds_up(counts));
  EXPECT_EQ(counts.planned, 14U);
  EXPECT_EQ(counts.run, 12U);
  EXPECT_EQ(counts.through, 11U);
  EXPECT_EQ(counts.bare, 1U);
  EXPECT_EQ(counts.of(Outcome::passed), 5U);
  EXPECT_EQ(counts.failed(), 1U);
  EXPECT_EQ(counts.of(Outcome::crashed), 2U);
  EXPECT_EQ(counts.of(Outcome::timed_out), 1U);
  EXPECT_EQ(counts.of(Outcome::skipped), 1U);
  EXPECT_EQ(counts.of(Outcome::not_run), 2U);
  EXPECT_EQ(counts.of(Outcome::lock_timeout), 1U);
  EXPECT_EQ(counts.of(Outcome::interrupted), 1U);
  EXPECT_EQ(counts.flaky, 1U);
  EXPECT_EQ(counts.leaked, 1U);
}

TEST(Counts, TheyAddUpForAnyJournal) {
  for (unsigned seed = 0; seed < 5000; ++seed) {
    const RunReport report = random_journal(seed).report();
    ASSERT_TRUE(adds_up(report.counts)) << "seed " << seed;
    ASSERT_EQ(report.counts.planned, report.tests.size()) << "seed " << seed;
  }
}

TEST(Counts, ATestThatExitedOnPurposeAfterAFailureIsAFailedTest) {
  SampleJournal sample;
  sample.attempt("a", Outcome::deliberate_exit, 4).attempt("b", Outcome::failed, 1);
  EXPECT_EQ(sample.report().counts.failed(), 2U);
}

TEST(Counts, ACountThatIsOffByOneIsNoticed) {
  Counts counts = full_journal().report().counts;
  ++counts.by_outcome[0];
  EXPECT_FALSE(adds_up(counts));
  counts = full_journal().report().counts;
  --counts.run;
  EXPECT_FALSE(adds_up(counts));
}

}  // namespace
}  // namespace holdfast
