#include "report/cases_as_tests.hpp"

#include "report/describe.hpp"

namespace holdfast {

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
