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

const Attempt& last_attempt(const TestReport& test) {
  static const Attempt none;
  return test.attempts.empty() ? none : test.attempts.back();
}

TestReport as_test(const TestReport& test, const Case& one) {
  TestReport shown;
  shown.name = one.name;
  shown.part_of = test.name;
  shown.key = test.key;
  shown.nth = test.nth;
  shown.program = test.program;
  shown.shard = test.shard;
  shown.shard_name = test.shard_name;
  shown.outcome = one.outcome;
  if (one.outcome == Outcome::not_run) {
    shown.why = one.note;
    return shown;
  }
  Attempt& attempt = shown.attempts.emplace_back();
  attempt.has_ended = true;
  if (one.outcome != Outcome::unknown) attempt.outcome = one.outcome;
  attempt.exit_code = one.exit_code;
  attempt.signal = one.signal;
  attempt.wall_s = one.wall_s;
  attempt.note = one.note;
  shown.output_place = one.output;
  return shown;
}

void see_as_tests(std::span<const TestReport> tests,
                  const std::function<void(const TestReport&)>& see) {
  for (const TestReport& test : tests) {
    bool explains = false;
    bool has_outputs = test.attempts.empty();
    for (const Case& one : test.cases) {
      TestReport shown = as_test(test, one);
      // What services printed belongs to the whole batch. The first case that went wrong has it.
      if (!has_outputs && is_red(one.outcome)) {
        shown.attempts.back().service_outputs = test.attempts.back().service_outputs;
        has_outputs = true;
      }
      explains = explains || !is_good(one.outcome);
      see(shown);
    }
    const bool is_through = !test.cases.empty() && (explains || is_good(test.outcome));
    if (!is_through) see(test);
  }
}

Grade grade_of(const TestReport& test) {
  const std::optional<Verdict>& verdict = test.verdict;
  const bool is_skip = (test.outcome == Outcome::not_run && verdict == Verdict::disabled) ||
                       (test.outcome == Outcome::no_tests && verdict && verdict != Verdict::failed);
  return is_skip ? Grade::skipped : facts_of(test.outcome).grade;
}

}  // namespace holdfast
