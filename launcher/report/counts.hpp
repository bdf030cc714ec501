// The numbers of a run.
//
// Each test is in exactly one of by_outcome, so these numbers add up to planned. Flaky, leaked and
// bare tests and those with orphan markers are counted a second time by that name. A test that
// reported a failure and exited on purpose counts as failed.
#pragma once

#include <array>
#include <cstddef>

#include "core/outcome/outcome_table.hpp"

namespace holdfast {

struct OutcomeCounts {
  std::array<std::size_t, k_outcomes> by_outcome{};

  void add(Outcome outcome) { ++by_outcome.at(static_cast<std::size_t>(outcome)); }
  std::size_t of(Outcome outcome) const { return by_outcome.at(static_cast<std::size_t>(outcome)); }
  std::size_t failed() const { return of(Outcome::failed) + of(Outcome::deliberate_exit); }
  // The number in the row of this outcome. Tests that exited on purpose are among the failed.
  std::size_t shown(Outcome outcome) const {
    return outcome == Outcome::failed ? failed() : of(outcome);
  }
};

struct Counts : OutcomeCounts {
  std::size_t planned = 0;  // every test that ctest selected, as far as the journal knows
  std::size_t run = 0;      // planned, without not_run
  std::size_t through = 0;  // those of `run` that ran through Holdfast
  std::size_t bare = 0;     // those of `run` that did not; run == through + bare
  std::size_t flaky = 0;
  std::size_t leaked = 0;
  std::size_t stale = 0;     // their programs changed during the run
  std::size_t orphaned = 0;  // they found markers that were not their own
  std::size_t cases = 0;     // of batches
  OutcomeCounts of_cases;
};

}  // namespace holdfast
