// The numbers of a run.
//
// Exclusive: each test is in exactly one of by_outcome, so they add up to planned. On top: flaky,
// leaked, bare tests and those with orphan markers are counted among the exclusive ones too. A test
// that exited on purpose after it reported a failure is a failed test to whoever reads counts.
#pragma once

#include "report/test_outcome.hpp"

#include <array>
#include <cstddef>

namespace holdfast {

struct Counts {
  std::size_t planned = 0;  // every test that ctest selected, as far as the journal knows
  std::size_t run = 0;      // planned without not_run
  std::size_t through = 0;  // of these, through Holdfast
  std::size_t bare = 0;     // of these, not through Holdfast; run == through + bare
  std::size_t flaky = 0;
  std::size_t leaked = 0;
  std::size_t stale = 0;     // their programs were changed while the run was on
  std::size_t orphaned = 0;  // found markers that were not their own
  std::array<std::size_t, k_test_outcomes> by_outcome{};

  std::size_t of(TestOutcome outcome) const {
    return by_outcome.at(static_cast<std::size_t>(outcome));
  }
  std::size_t failed() const { return of(TestOutcome::failed) + of(TestOutcome::deliberate_exit); }

  // Of the cases of batches, in the same way.
  std::size_t cases = 0;
  std::array<std::size_t, k_test_outcomes> cases_by_outcome{};

  std::size_t of_cases(TestOutcome outcome) const {
    return cases_by_outcome.at(static_cast<std::size_t>(outcome));
  }
  std::size_t failed_cases() const {
    return of_cases(TestOutcome::failed) + of_cases(TestOutcome::deliberate_exit);
  }
};

bool adds_up(const Counts& counts);

}  // namespace holdfast
