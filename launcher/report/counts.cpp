#include "report/counts.hpp"

#include "report/model.hpp"

#include <numeric>

namespace holdfast {

bool adds_up(const Counts& counts) {
  const std::size_t sum =
      std::accumulate(counts.by_outcome.begin(), counts.by_outcome.end(), std::size_t{0});
  const std::size_t cases = std::accumulate(counts.cases_by_outcome.begin(),
                                            counts.cases_by_outcome.end(), std::size_t{0});
  return sum == counts.planned && cases == counts.cases &&
         counts.run + counts.of(TestOutcome::not_run) == counts.planned &&
         counts.through + counts.bare == counts.run && counts.flaky <= counts.run &&
         counts.leaked <= counts.through && counts.orphaned <= counts.through;
}

Counts count(const std::vector<TestReport>& tests) {
  Counts counts;
  for (const TestReport& test : tests) {
    ++counts.planned;
    ++counts.by_outcome.at(static_cast<std::size_t>(test.outcome));
    if (test.outcome != TestOutcome::not_run) ++counts.run;
    if (!test.attempts.empty()) ++counts.through;
    if (test.bare) ++counts.bare;
    if (test.flaky) ++counts.flaky;
    if (test.leaked) ++counts.leaked;
    if (test.orphaned) ++counts.orphaned;
    if (test.stale) ++counts.stale;
    counts.cases += test.cases.size();
    for (const Case& one : test.cases) {
      ++counts.cases_by_outcome.at(static_cast<std::size_t>(one.outcome));
    }
  }
  return counts;
}

}  // namespace holdfast
