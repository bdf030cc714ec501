// What changed from one run to another: `holdfast compare RUN RUN`.
#pragma once

#include <string>
#include <vector>

#include "history/past_run.hpp"
#include "history/slowest.hpp"

namespace holdfast {

struct Change {
  TestId test;
  PastResult before;
  PastResult after;
  double usual_s = 0;  // the median of its last times before; only of those that are newly slow
};

struct Comparison {
  RunHead before;
  RunHead after;
  std::vector<Change> newly_red;  // green before
  // Passed in both, and took longer than in each of at least k_least_runs runs before: half as long
  // again as the median of these, and 0.1 s more.
  std::vector<Change> newly_slow;
  std::vector<Change> mended;  // red before, green after
  std::vector<Change> still_red;
  std::vector<PastResult> added;  // only in the later run
  std::vector<PastResult> gone;   // only in the earlier run
};

// `times`: of the runs up to `before`, which is one of them.
Comparison compare(const PastRun& before, const PastRun& after, const Durations& times);

std::string comparison_text(const Comparison& comparison);
std::string comparison_json(const Comparison& comparison);

}  // namespace holdfast
