// The build steps in a report: which of them count, and how they read.
#pragma once

#include <string>
#include <vector>

#include "journal/records.hpp"
#include "report/model.hpp"

namespace holdfast {

// The last record of each step that ended after `from` and by `until` (seconds since 1970), in the
// order in which they ended. Several builds may have run a step meanwhile. Kind, output and program
// distinguish a step from others: three programs make a static library.
std::vector<StepRecord> latest_steps(const std::vector<Record>& records, double from, double until);

// The step's kind and what it makes: "compile a.o". Not safe for a terminal.
std::string title_of(const StepRecord& step);

// Whether the tree was built but its tests have never run.
bool has_only_steps(const RunReport& report);

// The sections of the text report: the slowest, the heaviest, and those that waited longest for a
// slot. Empty if there are no steps.
std::string steps_text(const std::vector<StepRecord>& steps);

}  // namespace holdfast
