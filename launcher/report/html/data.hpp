// The data of a page: every test in columns, the timeline, and what there is to tell of tests that
// did not just pass. docs/reference/report-formats.md says what is where.
#pragma once

#include "report/load.hpp"
#include "report/model.hpp"
#include "report/render.hpp"

namespace holdfast {

// The blocks `columns` and `timeline`. All times are in microseconds from the first job on.
void write_columns(const RunReport& report, const Write& write);

// The blocks `details-0`, `details-1`… and `words`, which says for which tests there are details
// and in which block.
void write_details(const RunReport& report, Outputs& outputs, const Write& write);

}  // namespace holdfast
