// Each row of observation -> outcome. docs/reference/outcomes.md is the same table for people.
#include "values/outcome.hpp"

#include <gtest/gtest.h>

#include "values/outcome_rows.hpp"

namespace holdfast {
namespace {

TEST(Outcome, EveryNameIsReadBackAndNoTwoAreEqual) {
  unsigned count = 0;
  for (Outcome outcome : all_outcomes()) {
    EXPECT_EQ(outcome_named(name_of(outcome)), outcome);
    ++count;
  }
  EXPECT_EQ(count, 16U);
  for (const char* name : {"", "Passed", "passed ", "unknown"}) EXPECT_FALSE(outcome_named(name));
}

TEST(Outcome, IsWhatTheTableSays) {
  for (const OutcomeRow& row : outcome_rows()) {
    EXPECT_EQ(name_of(outcome_of(row.seen)), name_of(row.outcome)) << row.what;
  }
}

TEST(Outcome, OwnFailuresComeBeforeWhateverTheTestDid) {
  for (Observation seen : all_observations()) {
    seen.own_failure = true;
    EXPECT_EQ(outcome_of(seen), Outcome::internal_error);
    seen.own_failure = false;
    seen.lock_refused = true;
    EXPECT_EQ(outcome_of(seen), Outcome::internal_error);
    seen.lock_refused = false;
    seen.lock_not_had = true;
    EXPECT_EQ(outcome_of(seen), Outcome::lock_timeout);
  }
}

TEST(Outcome, AfterTheLauncherSignalledATestItIsNeverPassed) {
  for (Observation seen : all_observations()) {
    if (seen.end_reason == EndReason::none) continue;
    const Outcome outcome = outcome_of(seen);
    EXPECT_TRUE(outcome == Outcome::timed_out || outcome == Outcome::interrupted ||
                outcome == Outcome::internal_error || outcome == Outcome::lock_timeout ||
                outcome == Outcome::node_lost);
  }
}

TEST(Outcome, PassedNeedsAMainProcessThatExitedWithZeroAndNothingElse) {
  for (const Observation& seen : all_observations()) {
    if (outcome_of(seen) != Outcome::passed) continue;
    EXPECT_EQ(seen.main.kind, ProcessEnd::Kind::exited);
    EXPECT_EQ(seen.main.code, 0);
    EXPECT_EQ(seen.end_reason, EndReason::none);
    EXPECT_FALSE(seen.own_failure || seen.lock_refused || seen.lock_not_had);
    EXPECT_FALSE(seen.leaked && seen.leak_fails);
    EXPECT_FALSE(seen.marked || seen.unfinished || seen.ran_nothing);
  }
}

TEST(Outcome, AServiceThatWasNotHadComesBeforeWhateverTheTestDid) {
  for (Observation seen : all_observations()) {
    seen.service_not_had = true;
    const bool is_worse = seen.own_failure || seen.lock_refused || seen.lock_not_had;
    EXPECT_EQ(outcome_of(seen) == Outcome::service_unavailable, !is_worse);
  }
}

TEST(Outcome, ALeakFailsOnlyWhoWouldHavePassed) {
  Observation seen;
  seen.main = {ProcessEnd::Kind::exited, 0};
  seen.leak_fails = true;
  EXPECT_EQ(outcome_of(seen), Outcome::passed) << "nothing is left";
  seen.leaked = true;
  EXPECT_EQ(outcome_of(seen), Outcome::failed);
  seen.main.code = 77;
  seen.skip_code = 77;
  EXPECT_EQ(outcome_of(seen), Outcome::skipped);
}

}  // namespace
}  // namespace holdfast
