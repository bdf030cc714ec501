// The few lines at the end of ctest, printed by `holdfast end`.
#pragma once

#include "report/model.hpp"

#include <string>

namespace holdfast {

// Complete lines, each beginning with "holdfast: ". How many tests ran through Holdfast and how
// they ended; which did not, and why; nothing else. Lists are bounded: the length does not grow
// with the run.
std::string render_summary(const RunReport& report);

}  // namespace holdfast
