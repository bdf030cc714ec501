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

// What ctest says of an attempt that ended so, where nothing is set that could change it.
std::optional<Verdict> usual_verdict(Outcome outcome) {
  switch (outcome) {
    case Outcome::passed:
      return Verdict::passed;
    case Outcome::skipped:
      return Verdict::skipped;
    case Outcome::failed:
    case Outcome::deliberate_exit:
    case Outcome::crashed:
    case Outcome::premature_exit:
    case Outcome::timed_out:
    case Outcome::oom_killed:
    case Outcome::launch_failed:
    case Outcome::lock_timeout:
    case Outcome::lock_lost:
    case Outcome::service_unavailable:
    case Outcome::internal_error:
      return Verdict::failed;
    case Outcome::no_tests:     // a setting says what it counts as
    case Outcome::interrupted:  // ctest may not have lived to say anything
      return std::nullopt;
  }
  return std::nullopt;
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
    case Verdict::unknown:
      return TestOutcome::unknown;
    case Verdict::disabled:
      return same(outcome);  // it ran all the same: a namesake is disabled
  }
  return same(outcome);
}

// Its end is still to come, or could not be recorded (a full disk), or there was none.
TestOutcome without_end(const TestEvidence& evidence) {
  if (evidence.running) return TestOutcome::unknown;
  if (evidence.verdict == Verdict::passed) return TestOutcome::passed;
  if (evidence.verdict == Verdict::skipped) return TestOutcome::skipped;
  return evidence.complete && !evidence.verdict ? TestOutcome::unknown : TestOutcome::interrupted;
}

TestOutcome without_attempt(const TestEvidence& evidence) {
  const std::optional<Verdict> verdict = verdict_of(evidence);
  if (!verdict) return TestOutcome::unknown;
  switch (*verdict) {
    case Verdict::passed:
      return TestOutcome::passed;
    case Verdict::skipped:
      return TestOutcome::skipped;
    case Verdict::disabled:
      return TestOutcome::not_run;
    case Verdict::failed:
      return evidence.ran ? TestOutcome::failed : TestOutcome::not_run;
    case Verdict::unknown:
      return TestOutcome::unknown;
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

std::optional<Verdict> verdict_of(const TestEvidence& evidence) {
  if (!evidence.attempted) {
    if (evidence.verdict) return evidence.verdict;
    return evidence.ran ? std::optional(Verdict::unknown) : std::nullopt;
  }
  if (evidence.running) return std::nullopt;
  if (!evidence.ended && !evidence.verdict && evidence.complete) return Verdict::unknown;
  if (!evidence.ended || !evidence.outcome) return evidence.verdict;
  const std::optional<Verdict> own =
      evidence.expected ? evidence.expected : usual_verdict(*evidence.outcome);
  // Of a test skipped by its exit code ctest's log says that it passed.
  const bool is_skip = evidence.verdict == Verdict::passed && own == Verdict::skipped;
  return evidence.verdict && !is_skip ? evidence.verdict : own;
}

TestOutcome outcome_of(const TestEvidence& evidence) {
  if (!evidence.attempted) return without_attempt(evidence);
  if (!evidence.ended) return without_end(evidence);
  if (!evidence.outcome) return TestOutcome::unknown;
  const std::optional<Verdict> verdict = verdict_of(evidence);
  if (!verdict || !is_for_ctest_to_judge(*evidence.outcome)) return same(*evidence.outcome);
  return judged(*evidence.outcome, *verdict);
}

}  // namespace holdfast
