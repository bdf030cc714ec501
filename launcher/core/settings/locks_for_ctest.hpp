// The locks that holdfast.toml gives to tests, for attach.cmake: a function in CMake's language. By
// it ctest schedules the test and keeps its clock as if the test had them in HOLDFAST_LOCKS.
//
// Which locks a test holds is decided by its policy alone. So overrides are left out whose pattern
// CMake reads otherwise, and those with a label, which comes later than the test.
#pragma once

#include <string>
#include <string_view>

#include "core/settings/settings.hpp"

namespace holdfast {

// Whether CMake reads this pattern of ours (ECMAScript) as we do: plain characters, `\` before
// punctuation, `.`, `*`, `+`, `^` at its beginning and `$` at its end.
bool means_the_same_to_cmake(std::string_view pattern);

// `_holdfast_locks_of_file(<test> <out>)`; empty where no lock is to be told.
std::string locks_for_ctest(const Settings& settings);

}  // namespace holdfast
