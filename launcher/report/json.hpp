// The report for programs: docs/reference/report-formats.md. Fields may be added, never renamed.
#pragma once

#include "report/model.hpp"

#include <string>

namespace holdfast {

std::string render_json(const RunReport& report);

}  // namespace holdfast
