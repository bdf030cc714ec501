#include "report/model.hpp"

#include <gtest/gtest.h>

#include <set>

namespace holdfast {
namespace {

constexpr std::optional<Verdict> k_no_verdict;

struct Row {
  TestEvidence evidence;
  Outcome outcome;
};

TestEvidence ended(Outcome outcome, std::optional<Verdict> verdict) {
  return {true, true, outcome, false, verdict, {}, false, false};
}
TestEvidence expected(Outcome outcome, Verdict own, std::optional<Verdict> verdict) {
  return {true, true, outcome, false, verdict, own, false, false};
}
TestEvidence without_attempt(bool ran, std::optional<Verdict> verdict) {
  return {false, false, std::nullopt, ran, verdict, {}, false, false};
}

TestEvidence doubtful(TestEvidence evidence) {
  evidence.doubtful = true;
  return evidence;
}

TestEvidence without_last(TestEvidence evidence) {
  evidence.lacks_last = true;
  return evidence;
}

TEST(TestOutcome, TheTable) {
  const Row rows[] = {
      {ended(Outcome::passed, k_no_verdict), Outcome::passed},
      {ended(Outcome::failed, k_no_verdict), Outcome::failed},
      {ended(Outcome::passed, Verdict::passed), Outcome::passed},
      // ctest may have ended its launcher after that had recorded the end.
      {ended(Outcome::passed, Verdict::failed), Outcome::failed},
      {expected(Outcome::passed, Verdict::unknown, Verdict::failed), Outcome::failed},
      {expected(Outcome::passed, Verdict::unknown, Verdict::skipped), Outcome::skipped},
      {expected(Outcome::failed, Verdict::unknown, Verdict::skipped), Outcome::skipped},
      {ended(Outcome::failed, Verdict::failed), Outcome::failed},
      // No expression decides, so the test has printed what reads like ctest's verdict.
      {ended(Outcome::passed, Verdict::skipped), Outcome::passed},
      {ended(Outcome::failed, Verdict::passed), Outcome::failed},
      {ended(Outcome::failed, Verdict::skipped), Outcome::failed},
      {expected(Outcome::passed, Verdict::failed, Verdict::passed), Outcome::failed},  // WILL_FAIL
      {ended(Outcome::passed, Verdict::disabled), Outcome::passed},  // a namesake is disabled
      {ended(Outcome::deliberate_exit, Verdict::failed), Outcome::deliberate_exit},
      {ended(Outcome::deliberate_exit, Verdict::passed), Outcome::deliberate_exit},
      {expected(Outcome::deliberate_exit, Verdict::unknown, Verdict::passed), Outcome::passed},
      {ended(Outcome::crashed, Verdict::failed), Outcome::crashed},
      {ended(Outcome::crashed, Verdict::passed), Outcome::crashed},
      {ended(Outcome::timed_out, Verdict::skipped), Outcome::timed_out},
      {ended(Outcome::interrupted, Verdict::passed), Outcome::interrupted},
      {ended(Outcome::skipped, Verdict::skipped), Outcome::skipped},
      // ctest's log says `passed` of a test that its exit code skips.
      {ended(Outcome::skipped, Verdict::passed), Outcome::skipped},
      // This is the outcome of a batch: ctest sees an exit code that does not skip.
      {expected(Outcome::skipped, Verdict::passed, Verdict::passed), Outcome::passed},
      // Without ctest's word, what the launcher knew of the rules counts.
      {expected(Outcome::failed, Verdict::passed, k_no_verdict), Outcome::passed},
      {expected(Outcome::passed, Verdict::failed, k_no_verdict), Outcome::failed},
      {expected(Outcome::passed, Verdict::unknown, k_no_verdict), Outcome::unknown},
      {expected(Outcome::failed, Verdict::unknown, k_no_verdict), Outcome::unknown},
      {expected(Outcome::crashed, Verdict::unknown, k_no_verdict), Outcome::crashed},
      // With ctest's word, it counts only if it is certain.
      {expected(Outcome::passed, Verdict::unknown, Verdict::failed), Outcome::failed},
      {expected(Outcome::failed, Verdict::unknown, Verdict::passed), Outcome::passed},
      {expected(Outcome::failed, Verdict::passed, Verdict::failed), Outcome::failed},
      {ended(Outcome::skipped, k_no_verdict), Outcome::skipped},
      {without_attempt(true, Verdict::unknown), Outcome::unknown},
      // Another entry of ctest's log may be the test's: only what both say is certain.
      {doubtful(ended(Outcome::passed, Verdict::passed)), Outcome::passed},
      {doubtful(ended(Outcome::passed, Verdict::failed)), Outcome::unknown},
      {doubtful(ended(Outcome::crashed, Verdict::passed)), Outcome::crashed},
      {doubtful(ended(Outcome::failed, Verdict::skipped)), Outcome::failed},
      {without_last(ended(Outcome::crashed, Verdict::passed)), Outcome::unknown},
      {without_last(ended(Outcome::passed, Verdict::passed)), Outcome::passed},
      {doubtful(expected(Outcome::passed, Verdict::unknown, Verdict::passed)), Outcome::unknown},
      {doubtful(without_attempt(true, Verdict::passed)), Outcome::unknown},
      {ended(Outcome::skipped, Verdict::failed), Outcome::failed},  // FAIL_REGULAR_EXPRESSION
      {ended(Outcome::no_tests, Verdict::passed), Outcome::no_tests},
      {{true, true, std::nullopt, false, Verdict::passed, {}, false, false}, Outcome::unknown},
      {{true, false, std::nullopt, false, Verdict::failed, {}, false, false}, Outcome::interrupted},
      {{true, false, std::nullopt, false, k_no_verdict, {}, false, false}, Outcome::interrupted},
      {{true, false, std::nullopt, false, k_no_verdict, {}, true, false}, Outcome::unknown},
      {{true, false, std::nullopt, false, k_no_verdict, {}, false, true}, Outcome::unknown},
      {{true, false, std::nullopt, false, Verdict::passed, {}, false, true}, Outcome::passed},
      {{true, false, std::nullopt, false, Verdict::skipped, {}, false, true}, Outcome::skipped},
      {without_attempt(false, Verdict::failed), Outcome::not_run},
      {without_attempt(true, Verdict::failed), Outcome::failed},
      {without_attempt(false, Verdict::disabled), Outcome::not_run},
      {without_attempt(true, Verdict::passed), Outcome::passed},
      {without_attempt(false, Verdict::passed), Outcome::passed},
      {without_attempt(true, Verdict::skipped), Outcome::skipped},
      {without_attempt(true, k_no_verdict), Outcome::unknown},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(name_of(outcome_of(row.evidence)), name_of(row.outcome)) << "row " << (&row - rows);
  }
}

TEST(TestOutcome, TheVerdictIsWhatItMustHaveBeenOrCtestsOrUnknown) {
  struct VerdictRow {
    TestEvidence evidence;
    std::optional<Verdict> verdict;
  };
  const VerdictRow rows[] = {
      {ended(Outcome::passed, k_no_verdict), Verdict::passed},
      {ended(Outcome::crashed, k_no_verdict), Verdict::failed},
      {ended(Outcome::timed_out, k_no_verdict), Verdict::failed},
      {ended(Outcome::interrupted, k_no_verdict), k_no_verdict},
      {ended(Outcome::no_tests, k_no_verdict), k_no_verdict},
      {expected(Outcome::no_tests, Verdict::failed, k_no_verdict), Verdict::failed},
      {expected(Outcome::passed, Verdict::unknown, k_no_verdict), Verdict::unknown},
      {expected(Outcome::passed, Verdict::unknown, Verdict::passed), Verdict::passed},
      {ended(Outcome::skipped, Verdict::passed), Verdict::skipped},
      {ended(Outcome::failed, Verdict::passed), Verdict::failed},
      {ended(Outcome::passed, Verdict::disabled), Verdict::passed},
      {{true, false, std::nullopt, false, k_no_verdict, {}, false, false}, k_no_verdict},
      {without_attempt(true, k_no_verdict), Verdict::unknown},
      {without_attempt(false, Verdict::disabled), Verdict::disabled},
  };
  for (const VerdictRow& row : rows) {
    EXPECT_EQ(verdict_of(row.evidence), row.verdict) << "row " << (&row - rows);
  }
}

TEST(TestOutcome, WhatHoldfastSawOtherThanAnExitIsNeverMadeGreenByAVerdict) {
  for (int i = 0; i < 15; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (outcome == Outcome::passed || outcome == Outcome::failed ||
        outcome == Outcome::deliberate_exit || outcome == Outcome::skipped)
      continue;
    for (const Verdict verdict :
         {Verdict::passed, Verdict::failed, Verdict::skipped, Verdict::disabled}) {
      EXPECT_EQ(name_of(outcome_of(ended(outcome, verdict))), name_of(outcome));
    }
  }
}

TEST(TestOutcome, EachHasANameOfItsOwnThatIsTheLaunchersWhereThereIsOne) {
  std::set<std::string_view> names;
  for (const OutcomeFacts& row : k_outcome_table) names.insert(row.name);
  EXPECT_EQ(names.size(), k_outcomes);
  for (int i = 0; i < 15; ++i) EXPECT_TRUE(names.contains(name_of(static_cast<Outcome>(i))));
}

TEST(TestOutcome, WhatRunsHasNoVerdictYetWhateverIsSaidOfTheTimeBefore) {
  TestEvidence evidence;
  evidence.attempted = true;
  evidence.running = true;
  evidence.verdict = Verdict::failed;
  EXPECT_EQ(verdict_of(evidence), k_no_verdict);
  evidence.running = false;
  EXPECT_EQ(verdict_of(evidence), Verdict::failed);
}

}  // namespace
}  // namespace holdfast
