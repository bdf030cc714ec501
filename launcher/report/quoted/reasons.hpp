// What tests printed of a trouble that a setting of holdfast.toml would help with. A test can print
// anything, so none of this changes an outcome: the report says who printed it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "report/excerpt.hpp"
#include "report/load.hpp"
#include "report/model.hpp"

namespace holdfast {

// Whether an output has the words of EADDRINUSE, as C, Python, Rust, Node.js and others print them.
bool says_address_in_use(std::string_view output);

// The names of the failed tests whose output, or that of a failed case, says so; each name once, in
// the order of the report. `is_apart`: a test whose addresses are its own by now. Reads no output
// of a test that did not fail, and those of the first thousand that failed.
std::vector<std::string> tests_with_address_in_use(
    const RunReport& report, Outputs& outputs,
    const std::function<bool(const TestReport&)>& is_apart);

// "2 tests failed with "address already in use" (a, b): …", and which setting would help. Safe for
// a terminal. Empty: there are none.
std::string address_in_use_text(const RunReport& report);

// Whether an output ends as that of a GoogleTest program that ran no test.
bool says_ran_nothing(std::string_view output);

// Whether its output may say so: it passed and printed little.
bool may_say_ran_nothing(const TestReport& test);

// The names of the passed tests whose output says so; each name once, in the order of the report.
// Reads only short outputs, and those of the first ten thousand such tests. Where a setting gives
// a verdict to such a test (no-tests), the program is asked for evidence instead.
std::vector<std::string> tests_that_say_they_ran_nothing(const RunReport& report, Outputs& outputs);

// "2 tests had nothing to run, as printed (a, b): …", and which setting gives that a verdict. Safe
// for a terminal. Empty: there are none.
std::string ran_nothing_text(const RunReport& report);

// "2 tracked files changed while tests ran: data/x.txt (while only net.get ran), y.txt (removed)".
// Safe for a terminal. Empty: no file changed, or nobody looked.
std::string changed_sources_text(const RunReport& report);

// What was noticed in the run as a whole: a killed keeper, files that changed while tests ran,
// addresses in use, tests that ran nothing. Whole lines, safe for a terminal.
std::vector<std::string> remarks_of(const RunReport& report);

// Why a test has its outcome, with the words that it printed.

// `how`, and on a line below it the first words of `output` that say why the test failed. Safe for
// a terminal.
std::string with_words_of_failure(std::string how, std::string_view output);

// The cases of a batch that went wrong.
std::vector<const Case*> red_cases(const TestReport& test);

// One line, printable: the headline of what the test printed, for a batch the cases that went
// wrong, and without either its reason().
std::string words_of_failure(const TestReport& test, Outputs& outputs);

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
