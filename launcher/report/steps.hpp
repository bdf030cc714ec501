// The steps of a build in a report: which count, and how they read.
#pragma once

#include <string>
#include <vector>

#include "report/model.hpp"
#include "store/records.hpp"

namespace holdfast {

// Of each step, known by its kind, what it makes and its program (a static library is three), the
// last that was over after `from` and by `until` (seconds since 1970): several builds may have made
// it meanwhile. In the order they ended.
std::vector<StepRecord> latest_steps(const std::vector<Record>& records, double from, double until);

// A tree that was built and whose tests have never been run.
bool has_only_steps(const RunReport& report);

// The sections of the text report: the slowest, the heaviest, those that waited longest for a slot.
// Empty where there are no steps.
std::string steps_text(const std::vector<StepRecord>& steps);

}  // namespace holdfast
