// Why a test has its outcome, with the words that it printed.
#pragma once

#include <string>
#include <string_view>

#include "report/model.hpp"

namespace holdfast {

// `how`, and on a line below it the first words of `output` that say why the test failed. Safe for
// a terminal.
std::string with_words_of_failure(std::string how, std::string_view output);

// The reason of a skipped test (reason() in report/describe.hpp), and the words of its output that
// say why. One line, safe for a terminal.
std::string skip_reason(const TestReport& test, std::string_view output);

}  // namespace holdfast
