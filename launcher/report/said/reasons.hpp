// Why a test has its outcome, with the words that it printed.
#pragma once

#include <string>
#include <string_view>

#include "report/excerpt.hpp"
#include "report/model.hpp"
#include "report/outputs.hpp"

namespace holdfast {

// `how`, and on a line below it the first words of `output` that say why the test failed. Safe for
// a terminal.
std::string with_words_of_failure(std::string how, std::string_view output);

// Whether the attempt, which is not its test's last, failed.
bool has_failed(const Attempt& earlier);
// The words by which such an attempt failed: those that say most, else the last lines of what it
// printed. The message is empty if it printed nothing, or if that is not kept. As printed.
Excerpt words_of(const Attempt& earlier, Outputs& outputs);
// "attempt 1: exit code 1 after 0.02 s: x.cpp:7: the socket was busy". One line, safe for a
// terminal.
std::string with_words(const Attempt& earlier, Outputs& outputs);

// The reason of a skipped test (reason() in report/describe.hpp), and the words of its output that
// say why. One line, safe for a terminal.
std::string skip_reason(const TestReport& test, std::string_view output);

// The words of an output that say why a test was skipped.

// One line: "a.cpp:12: no network" for GTEST_SKIP() and Catch2's SKIP(), else the last line of the
// output that is not Holdfast's own. Empty: there is none. Not safe for a terminal.
std::string skip_words(std::string_view output);

}  // namespace holdfast
