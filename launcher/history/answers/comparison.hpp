// What changed from one run to another: `holdfast compare RUN RUN`.
#pragma once

#include <string>
#include <vector>

#include "history/past_run.hpp"

namespace holdfast {

struct Change {
  TestId test;
  PastResult before;
  PastResult after;
};

struct Comparison {
  RunHead before;
  RunHead after;
  std::vector<Change> newly_red;   // green before
  std::vector<Change> newly_slow;  // passed in both, and took half as long again, and 0.1 s more
  std::vector<Change> mended;      // red before, green after
  std::vector<Change> still_red;
  std::vector<PastResult> added;  // only in the later run
  std::vector<PastResult> gone;   // only in the earlier run
};

Comparison compare(const PastRun& before, const PastRun& after);

std::string comparison_text(const Comparison& comparison);
std::string comparison_json(const Comparison& comparison);

}  // namespace holdfast
