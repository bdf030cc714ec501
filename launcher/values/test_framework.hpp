// What a test's command line and environment say about its framework: GoogleTest, pytest. Only sure
// signs count. A program without them may be anything.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

// What is known of a test's program before it starts.
struct TestProgram {
  bool is_googletest = false;
  // How it can lose rights that it has when it starts: `imports setuid`
  // (values/outcome.hpp). Empty: not at all.
  std::string may_lose_rights = {};

  // Whether it can be asked to leave files.
  bool can_be_asked() const { return is_googletest && may_lose_rights.empty(); }
};

// `command` and `environment` are null-terminated, as for execve(2).

// Whether an argument is one that only a GoogleTest program understands.
bool has_googletest_argument(const char* const* command);

// Whether a GoogleTest program runs its tests and writes no report. Such a program can be asked for
// a report.
bool may_be_asked_for_report(const char* const* command, const char* const* environment);

// Whether a GoogleTest program runs a part of its tests. Then its report tells whether there was
// anything to run. False for a shard, because a shard may well be empty.
bool may_select_nothing(const char* const* command, const char* const* environment);

// Whether the dynamic linker loads libraries into the program that the program does not name.
bool preloads(const char* const* environment);

// Whether the text begins like a GoogleTest program's XML report.
bool is_googletest_report(std::string_view xml);
// Whether the text begins like such a report without any test.
bool reports_no_tests(std::string_view xml);

// `pytest …`, `py.test …` or `python3 -m pytest …`, whose exit codes (pytest.ExitCode) say more.
bool is_pytest(const char* const* command);
inline constexpr int k_pytest_usage_error = 4;  // a wrong option, file name or conftest.py
inline constexpr int k_pytest_found_nothing = 5;

}  // namespace holdfast
