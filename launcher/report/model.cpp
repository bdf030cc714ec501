#include "report/model.hpp"

namespace holdfast {
namespace {

Outcome judged(Outcome outcome, Verdict verdict) {
  switch (verdict) {
    case Verdict::passed:
      return Outcome::passed;
    case Verdict::skipped:
      return Outcome::skipped;
    case Verdict::failed:
      return is_good(outcome) ? Outcome::failed : outcome;
    case Verdict::unknown:
      return Outcome::unknown;
    case Verdict::disabled:
      return outcome;  // it ran all the same: a test of the same name is disabled
  }
  return outcome;
}

// The end is still to come, or was not recorded (a full disk), or never came.
Outcome without_end(const TestEvidence& evidence) {
  if (evidence.running) return Outcome::unknown;
  if (evidence.verdict == Verdict::passed) return Outcome::passed;
  if (evidence.verdict == Verdict::skipped) return Outcome::skipped;
  return evidence.complete && !evidence.verdict ? Outcome::unknown : Outcome::interrupted;
}

Outcome without_attempt(const TestEvidence& evidence) {
  const std::optional<Verdict> verdict = verdict_of(evidence);
  if (!verdict) return Outcome::unknown;
  const bool has_run =
      *verdict != Verdict::disabled && (*verdict != Verdict::failed || evidence.ran);
  return has_run ? judged(Outcome::passed, *verdict) : Outcome::not_run;
}

}  // namespace

std::optional<Verdict> verdict_of(const TestEvidence& evidence) {
  if (!evidence.attempted) {
    if (evidence.doubtful) return Verdict::unknown;
    if (evidence.verdict) return evidence.verdict;
    return evidence.ran ? std::optional(Verdict::unknown) : std::nullopt;
  }
  if (evidence.running) return std::nullopt;
  if (!evidence.ended && !evidence.verdict && evidence.complete) return Verdict::unknown;
  if (!evidence.ended || !evidence.outcome) return evidence.verdict;
  const std::optional<Verdict> own =
      evidence.expected ? evidence.expected : named<Verdict>(usual_verdict(*evidence.outcome));
  if (!evidence.verdict) return own;
  // The last entry may be of an execution without a record, or printed: only what both say is
  // certain.
  if (evidence.lacks_last) return own == evidence.verdict ? own : Verdict::unknown;
  // What the test prints is in ctest's log, too, and may read like a verdict. So the log counts
  // where an expression decides. It also counts where it says "failed": ctest may have ended the
  // launcher after the launcher had recorded the end.
  const bool is_known = own && *own != Verdict::unknown;
  if (is_known && evidence.verdict != Verdict::failed) return own;
  return evidence.doubtful && own != evidence.verdict ? Verdict::unknown : evidence.verdict;
}

Outcome outcome_of(const TestEvidence& evidence) {
  if (!evidence.attempted) return without_attempt(evidence);
  if (!evidence.ended) return without_end(evidence);
  if (!evidence.outcome) return Outcome::unknown;
  const std::optional<Verdict> verdict = verdict_of(evidence);
  const bool is_certain = !evidence.doubtful && !evidence.lacks_last;
  if (!is_certain && verdict == Verdict::unknown) return Outcome::unknown;
  const bool is_for_ctest_to_judge = facts_of(*evidence.outcome).grade != Grade::error;
  return verdict && is_for_ctest_to_judge ? judged(*evidence.outcome, *verdict) : *evidence.outcome;
}

}  // namespace holdfast
