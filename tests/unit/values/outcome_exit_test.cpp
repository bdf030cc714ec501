// Each row of outcome -> exit, in both modes.
#include <gtest/gtest.h>

#include "base/exit_codes.hpp"
#include "values/outcome.hpp"
#include "values/outcome_rows.hpp"

namespace holdfast {
namespace {

bool is_the_tests_own_end(Outcome outcome) {
  switch (outcome) {
    case Outcome::passed:
    case Outcome::failed:
    case Outcome::crashed:
    case Outcome::oom_killed:
    case Outcome::skipped:
    case Outcome::deliberate_exit:
    case Outcome::no_tests:
      return true;  // or not: see outcome_rows.hpp
    case Outcome::premature_exit:
    case Outcome::timed_out:
    case Outcome::launch_failed:
    case Outcome::lock_timeout:
    case Outcome::lock_lost:
    case Outcome::service_unavailable:
    case Outcome::node_lost:
    case Outcome::interrupted:
    case Outcome::internal_error:
    case Outcome::not_run:
    case Outcome::unknown:
      return false;
  }
  return false;
}

TEST(Exit, IsWhatTheTableSaysInBothModes) {
  for (const OutcomeRow& row : outcome_rows()) {
    EXPECT_EQ(exit_of(row.outcome, row.seen, ExitMode::ctest), row.under_ctest) << row.what;
    EXPECT_EQ(exit_of(row.outcome, row.seen, ExitMode::command), row.as_command) << row.what;
  }
}

TEST(Exit, UnderCtestWhatIsNotTheTestsOwnEndIsAlwaysASignal) {
  for (Outcome outcome : all_outcomes()) {
    if (is_the_tests_own_end(outcome)) continue;
    for (const Observation& seen : all_observations()) {
      const Exit exit = exit_of(outcome, seen, ExitMode::ctest);
      EXPECT_EQ(exit.kind, Exit::Kind::signal) << name_of(outcome);
      EXPECT_GT(exit.value, 0) << name_of(outcome);
    }
  }
}

TEST(Exit, ZeroIsReturnedForPassedAndWhatMayPassWithNothingRunAndWhatACommandSaysItself) {
  for (const Observation& seen : all_observations()) {
    const Outcome outcome = outcome_of(seen);
    for (ExitMode mode : {ExitMode::ctest, ExitMode::command}) {
      const bool is_zero = exit_of(outcome, seen, mode) == code(0);
      if (outcome == Outcome::no_tests) {
        EXPECT_FALSE(is_zero && seen.no_tests == NoTests::fail);
      } else if (outcome == Outcome::interrupted && mode == ExitMode::command) {
        const bool exited = seen.main.kind == ProcessEnd::Kind::exited;
        EXPECT_EQ(is_zero, seen.end_reason == EndReason::signal && exited && seen.main.code == 0);
      } else {
        EXPECT_EQ(is_zero, outcome == Outcome::passed) << name_of(outcome);
      }
    }
  }
}

TEST(Exit, AMarkerNeverMakesARedTestGreenNorHidesASignal) {
  for (Observation seen : all_observations()) {
    seen.marked = false;
    const Exit without = exit_of(outcome_of(seen), seen, ExitMode::ctest);
    seen.marked = true;
    const Exit with = exit_of(outcome_of(seen), seen, ExitMode::ctest);
    EXPECT_NE(with, code(0));
    if (without.kind == Exit::Kind::signal && seen.main.kind != ProcessEnd::Kind::exited) {
      EXPECT_EQ(with, without);
    }
  }
}

TEST(Exit, OutcomesThatNothingProducesYetHaveAnExitToo) {
  const struct {
    Outcome outcome;
    Exit under_ctest;
    Exit as_command;
  } rows[] = {
      {Outcome::premature_exit, signal(6), code(1)},
      {Outcome::lock_lost, signal(6), code(exit_codes::k_own_failure)},
      {Outcome::service_unavailable, signal(6), code(exit_codes::k_own_failure)},
      {Outcome::deliberate_exit, code(3), code(3)},
      {Outcome::skipped, code(3), code(3)},
      {Outcome::no_tests, code(3), code(3)},
      {Outcome::oom_killed, code(3), code(3)},
  };
  const Observation seen = ended(ProcessEnd::Kind::exited, 3);
  for (const auto& row : rows) {
    EXPECT_EQ(exit_of(row.outcome, seen, ExitMode::ctest), row.under_ctest) << name_of(row.outcome);
    EXPECT_EQ(exit_of(row.outcome, seen, ExitMode::command), row.as_command)
        << name_of(row.outcome);
  }
}

TEST(Exit, AFlakyPassThatIsToFailIsOursWhateverMadeItPass) {
  for (const OutcomeRow& row : outcome_rows()) {
    Observation seen = row.seen;
    seen.flaky_fails = true;
    EXPECT_EQ(exit_of(row.outcome, seen, ExitMode::ctest), (Exit{Exit::Kind::signal, 6}))
        << row.what;
    EXPECT_EQ(exit_of(row.outcome, seen, ExitMode::command), (Exit{Exit::Kind::code, 1}))
        << row.what;
  }
}

}  // namespace
}  // namespace holdfast
