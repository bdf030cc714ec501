// The parts of the text report on further attempts, and on what the probes saw after the last one.
#pragma once

#include <string>

#include "report/text_sections.hpp"

namespace holdfast {

// The findings on the first few tests of `red`, the tests that went wrong.
std::string findings_text(const Tests& red);
// Why each attempt had a further one, and where its output is.
std::string further_attempts_text(const RunReport& report);
std::string stale_text(const RunReport& report);

}  // namespace holdfast
