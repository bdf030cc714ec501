#include "report/counts.hpp"

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

}  // namespace holdfast
