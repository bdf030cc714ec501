// A run's report: a pure function of the journal's records.
#pragma once

#include <vector>

#include "report/counts.hpp"
#include "report/model.hpp"
#include "store/journal_reader.hpp"

namespace holdfast {

RunReport report_of(const Journal& journal, RunState state = RunState::over);

// Counts of `tests`; report_of() has called it.
Counts count(const std::vector<TestReport>& tests);

}  // namespace holdfast
