// The few lines that `holdfast end` prints when ctest ends.
#pragma once

#include "report/model.hpp"

#include <string>

namespace holdfast {

// Complete lines, each with "holdfast: " in front. They say how many tests ran through Holdfast and
// how they ended, which tests did not, and why. Lists are bounded: the length does not grow with
// the run.
std::string render_summary(const RunReport& report);

}  // namespace holdfast
