#include "report/test_outcome.hpp"

#include "core/outcome/end_verdict.hpp"

namespace holdfast {
namespace {

constexpr auto k_all = [] {
  std::array<TestOutcome, k_test_outcomes> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = k_outcome_table[i].outcome;
  return all;
}();

TestOutcome judged(Outcome outcome, Verdict verdict) {
  switch (verdict) {
    case Verdict::passed:
      return TestOutcome::passed;
    case Verdict::skipped:
      return TestOutcome::skipped;
    case Verdict::failed:
      return is_good(outcome) ? TestOutcome::failed : outcome;
    case Verdict::unknown:
      return TestOutcome::unknown;
    case Verdict::disabled:
      return outcome;  // it ran all the same: a test of the same name is disabled
  }
  return outcome;
}

// The end is still to come, or was not recorded (a full disk), or never came.
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
      evidence.expected ? evidence.expected : named<Verdict>(usual_verdict(*evidence.outcome));
  // ctest's log says "passed" of a test that its exit code skipped.
  const bool is_skip = evidence.verdict == Verdict::passed && own == Verdict::skipped;
  return evidence.verdict && !is_skip ? evidence.verdict : own;
}

TestOutcome outcome_of(const TestEvidence& evidence) {
  if (!evidence.attempted) return without_attempt(evidence);
  if (!evidence.ended) return without_end(evidence);
  if (!evidence.outcome) return TestOutcome::unknown;
  const std::optional<Verdict> verdict = verdict_of(evidence);
  const bool is_for_ctest_to_judge = facts_of(*evidence.outcome).grade != Grade::error;
  return verdict && is_for_ctest_to_judge ? judged(*evidence.outcome, *verdict) : *evidence.outcome;
}

}  // namespace holdfast
