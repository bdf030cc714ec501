// One test of the JSON format, for formats that contain it.
#pragma once

#include <string>

#include "report/load.hpp"
#include "report/model.hpp"

namespace holdfast {

// The item of the test in the list `tests` (docs/reference/report-formats.md), in one line.
std::string json_of(const TestReport& test, Outputs& outputs);

}  // namespace holdfast
