// Tells attach.cmake which locks holdfast.toml gives to tests, by a function in CMake's language.
// So ctest schedules and times such a test as if the locks were in its HOLDFAST_LOCKS.
//
// Which locks a test holds is decided by its policy alone, so the function may leave some locks
// out. It leaves out overrides with a pattern that CMake reads differently. It also leaves out
// overrides with a label, because ctest reads a test's labels only after it has read the test.
#pragma once

#include <string>
#include <string_view>

#include "core/settings/settings.hpp"

namespace holdfast {

// Whether CMake reads this pattern of RE2 as we do. It may have plain characters, `\` before
// punctuation, `.`, `*`, `+`, `^` at its beginning and `$` at its end.
bool means_the_same_to_cmake(std::string_view pattern);

// Text of the function `_holdfast_locks_of_file(<test> <out>)`; empty: there is no lock to tell.
std::string locks_for_ctest(const Settings& settings);

}  // namespace holdfast
