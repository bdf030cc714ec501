// What a test's command line and environment say about the framework that its program uses:
// GoogleTest, pytest. Only what is sure; everything else is any program.
#pragma once

#include <string_view>

namespace holdfast {

// `command` and `environment` are null-terminated, as for execve(2).

// An argument that only a GoogleTest program understands.
bool has_googletest_argument(const char* const* command);

// Whether a GoogleTest program is to run its tests and to write no report of its own: then it can
// be asked for one.
bool may_be_asked_for_report(const char* const* command, const char* const* environment);

// Whether it is asked for a part of its tests: then a report tells whether there was anything to
// run. Not of a shard, which may well be empty.
bool may_select_nothing(const char* const* command, const char* const* environment);

// Whether that is the beginning of the XML report of a GoogleTest program, and of one that ran no
// test.
bool is_googletest_report(std::string_view xml);
bool reports_no_tests(std::string_view xml);

// `pytest …`, `py.test …` or `python3 -m pytest …`, whose exit codes (pytest.ExitCode) say more.
bool is_pytest(const char* const* command);
inline constexpr int k_pytest_usage_error = 4;  // an option, a file's name, a conftest.py
inline constexpr int k_pytest_found_nothing = 5;

}  // namespace holdfast
