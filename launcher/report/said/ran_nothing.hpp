// Tests that printed that they had nothing to run. A test can print anything, so this is no
// outcome: the report says who printed it. Where a setting gives a verdict to such a test
// (no-tests), the program is asked for evidence instead.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/model.hpp"
#include "report/outputs.hpp"

namespace holdfast {

// Whether an output ends as that of a GoogleTest program that ran no test.
bool says_ran_nothing(std::string_view output);

// Whether its output may say so: it passed and printed little.
bool may_say_ran_nothing(const TestReport& test);

// The names of the passed tests whose output says so; each name once, in the order of the report.
// Reads only short outputs, and those of the first ten thousand such tests.
std::vector<std::string> tests_that_say_they_ran_nothing(const RunReport& report, Outputs& outputs);

// "2 tests had nothing to run, as printed (a, b): …", and which setting gives that a verdict. Safe
// for a terminal. Empty: there are none.
std::string ran_nothing_text(const RunReport& report);

}  // namespace holdfast
