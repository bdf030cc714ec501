// Makes a run's report, as a pure function of the journal's records.
#pragma once

#include <vector>

#include "report/counts.hpp"
#include "report/model.hpp"
#include "store/journal_reader.hpp"

namespace holdfast {

RunReport report_of(const Journal& journal, RunState state = RunState::over);

// The counts of `tests`. report_of() calls it, so its reports have them.
Counts count(const std::vector<TestReport>& tests);

}  // namespace holdfast
