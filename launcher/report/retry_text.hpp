// The text report's parts about further attempts, and about what was seen when there was no other.
#pragma once

#include <string>

#include "report/text_sections.hpp"

namespace holdfast {

// Of the first of `red`, the tests that went wrong.
std::string findings_text(const Tests& red);
// Why each attempt was followed by another, and where its output is.
std::string further_attempts_text(const RunReport& report);
std::string stale_text(const RunReport& report);

}  // namespace holdfast
