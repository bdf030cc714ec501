// JUnit XML in the dialect of Jenkins' xunit plugin and of Maven Surefire (flakyFailure,
// rerunFailure).
#pragma once

#include "report/model.hpp"

#include <string>

namespace holdfast {

std::string render_junit(const RunReport& report);

}  // namespace holdfast
