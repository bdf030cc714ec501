#include "report/collected_cases.hpp"

#include <cstdint>
#include <utility>

namespace holdfast {
namespace {

TestOutcome outcome_of(const CaseRecord& record) {
  if (record.not_run) return TestOutcome::not_run;
  if (!record.outcome) return TestOutcome::unknown;
  const std::string_view name = name_of(*record.outcome);
  for (const TestOutcome outcome : all_test_outcomes()) {
    if (name_of(outcome) == name) return outcome;
  }
  return TestOutcome::unknown;
}

bool is_good(TestOutcome outcome) {
  return outcome == TestOutcome::passed || outcome == TestOutcome::skipped;
}

TestReport as_test(const TestReport& test, const Case& one) {
  TestReport shown;
  shown.name = one.name;
  shown.part_of = test.name;
  shown.outcome = one.outcome;
  if (one.outcome == TestOutcome::not_run) {
    shown.why = one.note;
    return shown;
  }
  Attempt& attempt = shown.attempts.emplace_back();
  attempt.has_ended = true;
  attempt.outcome = outcome_named(name_of(one.outcome));
  attempt.exit_code = one.exit_code;
  attempt.signal = one.signal;
  attempt.wall_s = one.wall_s;
  attempt.note = one.note;
  attempt.output = one.output;
  return shown;
}

}  // namespace

void CollectedCases::add(std::size_t test, const CasesRecord& record, bool is_further) {
  Batch& batch = batches_[test];
  // A further attempt runs those again that went wrong; the others stay as they were.
  if (batch.attempt != record.attempt && !is_further) batch = {};
  batch.attempt = record.attempt;
  for (const CaseRecord& one : record.cases) batch.add(one, record.worker);
}

void CollectedCases::Batch::add(const CaseRecord& record, std::int64_t worker) {
  const auto [place, is_new] = places.try_emplace(record.name, cases.size());
  if (is_new) cases.emplace_back();
  Case& one = cases[place->second];
  one.name = record.name;
  one.outcome = outcome_of(record);
  one.exit_code = record.exit_code;
  one.signal = record.signal;
  one.wall_s = record.wall_s;
  one.worker = worker;
  one.note = record.note;
  one.output_place = record.output;
}

std::vector<Case> CollectedCases::of(std::size_t test) const {
  const auto batch = batches_.find(test);
  return batch == batches_.end() ? std::vector<Case>() : batch->second.cases;
}

std::vector<TestReport> as_tests(const std::vector<TestReport>& tests) {
  std::vector<TestReport> shown;
  for (const TestReport& test : tests) {
    bool explains = false;
    for (const Case& one : test.cases) {
      shown.push_back(as_test(test, one));
      explains = explains || !is_good(one.outcome);
    }
    const bool is_through = !test.cases.empty() && (explains || is_good(test.outcome));
    if (!is_through) shown.push_back(test);
  }
  return shown;
}

}  // namespace holdfast
