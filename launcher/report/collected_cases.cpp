#include "report/collected_cases.hpp"

#include <cstdint>
#include <utility>

namespace holdfast {

void CollectedCases::add(std::size_t test, const CasesRecord& record, bool is_further) {
  Batch& batch = batches_[test];
  // A retry runs the cases that went wrong. The others stay as they were.
  if (batch.attempt != record.attempt && !is_further) batch = {};
  batch.attempt = record.attempt;
  for (const CaseRecord& one : record.cases) batch.add(one, record.worker);
}

void CollectedCases::Batch::add(const CaseRecord& record, std::int64_t worker) {
  const auto [place, is_new] = places.try_emplace(record.name, cases.size());
  if (is_new) cases.emplace_back();
  Case& one = cases[place->second];
  one.name = record.name;
  one.outcome =
      record.not_run ? TestOutcome::not_run : record.outcome.value_or(TestOutcome::unknown);
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

}  // namespace holdfast
