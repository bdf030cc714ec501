#include "report/test_outcome.hpp"

namespace holdfast {
namespace {

constexpr std::array<TestOutcome, k_test_outcomes> k_all{
    TestOutcome::passed,
    TestOutcome::failed,
    TestOutcome::deliberate_exit,
    TestOutcome::crashed,
    TestOutcome::premature_exit,
    TestOutcome::timed_out,
    TestOutcome::oom_killed,
    TestOutcome::launch_failed,
    TestOutcome::no_tests,
    TestOutcome::skipped,
    TestOutcome::lock_timeout,
    TestOutcome::lock_lost,
    TestOutcome::service_unavailable,
    TestOutcome::interrupted,
    TestOutcome::internal_error,
    TestOutcome::not_run,
    TestOutcome::unknown,
};

TestOutcome same(Outcome outcome) {
  switch (outcome) {
    case Outcome::passed:
      return TestOutcome::passed;
    case Outcome::failed:
      return TestOutcome::failed;
    case Outcome::deliberate_exit:
      return TestOutcome::deliberate_exit;
    case Outcome::crashed:
      return TestOutcome::crashed;
    case Outcome::premature_exit:
      return TestOutcome::premature_exit;
    case Outcome::timed_out:
      return TestOutcome::timed_out;
    case Outcome::oom_killed:
      return TestOutcome::oom_killed;
    case Outcome::launch_failed:
      return TestOutcome::launch_failed;
    case Outcome::no_tests:
      return TestOutcome::no_tests;
    case Outcome::skipped:
      return TestOutcome::skipped;
    case Outcome::lock_timeout:
      return TestOutcome::lock_timeout;
    case Outcome::lock_lost:
      return TestOutcome::lock_lost;
    case Outcome::service_unavailable:
      return TestOutcome::service_unavailable;
    case Outcome::interrupted:
      return TestOutcome::interrupted;
    case Outcome::internal_error:
      return TestOutcome::internal_error;
  }
  return TestOutcome::unknown;
}

// The outcomes that say no more than an exit code does: ctest's rules decide what it means.
bool is_for_ctest_to_judge(Outcome outcome) {
  return outcome == Outcome::passed || outcome == Outcome::failed ||
         outcome == Outcome::deliberate_exit || outcome == Outcome::skipped;
}

TestOutcome judged(Outcome outcome, Verdict verdict) {
  switch (verdict) {
    case Verdict::passed:
      return TestOutcome::passed;
    case Verdict::skipped:
      return TestOutcome::skipped;
    case Verdict::failed:
      return outcome == Outcome::passed || outcome == Outcome::skipped ? TestOutcome::failed
                                                                       : same(outcome);
    case Verdict::disabled:
      return same(outcome);  // it ran all the same: a namesake is disabled
  }
  return same(outcome);
}

TestOutcome without_attempt(const TestEvidence& evidence) {
  if (!evidence.verdict) return TestOutcome::unknown;
  switch (*evidence.verdict) {
    case Verdict::passed:
      return TestOutcome::passed;
    case Verdict::skipped:
      return TestOutcome::skipped;
    case Verdict::disabled:
      return TestOutcome::not_run;
    case Verdict::failed:
      return evidence.ran ? TestOutcome::failed : TestOutcome::not_run;
  }
  return TestOutcome::unknown;
}

}  // namespace

std::string_view name_of(TestOutcome outcome) {
  switch (outcome) {
    case TestOutcome::passed:
      return "passed";
    case TestOutcome::failed:
      return "failed";
    case TestOutcome::deliberate_exit:
      return "deliberate_exit";
    case TestOutcome::crashed:
      return "crashed";
    case TestOutcome::premature_exit:
      return "premature_exit";
    case TestOutcome::timed_out:
      return "timed_out";
    case TestOutcome::oom_killed:
      return "oom_killed";
    case TestOutcome::launch_failed:
      return "launch_failed";
    case TestOutcome::no_tests:
      return "no_tests";
    case TestOutcome::skipped:
      return "skipped";
    case TestOutcome::lock_timeout:
      return "lock_timeout";
    case TestOutcome::lock_lost:
      return "lock_lost";
    case TestOutcome::service_unavailable:
      return "service_unavailable";
    case TestOutcome::interrupted:
      return "interrupted";
    case TestOutcome::internal_error:
      return "internal_error";
    case TestOutcome::not_run:
      return "not_run";
    case TestOutcome::unknown:
      return "unknown";
  }
  return "unknown";
}

const std::array<TestOutcome, k_test_outcomes>& all_test_outcomes() { return k_all; }

TestOutcome outcome_of(const TestEvidence& evidence) {
  if (!evidence.attempted) return without_attempt(evidence);
  if (!evidence.ended) return TestOutcome::interrupted;
  if (!evidence.outcome) return TestOutcome::unknown;
  if (!evidence.verdict || !is_for_ctest_to_judge(*evidence.outcome))
    return same(*evidence.outcome);
  return judged(*evidence.outcome, *evidence.verdict);
}

}  // namespace holdfast
