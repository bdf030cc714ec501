// The plain part of a page about the run as a whole.
#pragma once

#include <string>

#include "report/load.hpp"
#include "report/model.hpp"

namespace holdfast {

// "3 of 60 tests went wrong", in one line.
std::string verdict_text(const RunReport& report);

// What stands on top: the verdict, what the reader must know before it, and the counts.
std::string top_html(const RunReport& report);

// The slowest tests and the longest waits, which the timeline shows too.
std::string times_html(const RunReport& report);

// Tests that did not run, not through Holdfast or were skipped, services that were lost, build
// steps.
std::string rest_html(const RunReport& report, Outputs& outputs);

}  // namespace holdfast
