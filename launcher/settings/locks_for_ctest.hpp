// Tells attach.cmake which locks and services holdfast.toml gives to tests, by functions in CMake's
// language. So ctest schedules and times such a test as if they were in its HOLDFAST_LOCKS and
// HOLDFAST_SERVICES.
//
// What a test has is decided by its policy alone, so the functions may leave something out. They
// leave out overrides with a pattern that CMake reads differently. They also leave out
// overrides with a label, because ctest reads a test's labels only after it has read the test.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "settings/settings.hpp"

namespace holdfast {

// Whether CMake reads this pattern of RE2 as we do. It may have plain characters, `\` before
// punctuation, `.`, `*`, `+`, `?`, `^` at its beginning, `$` at its end, and choices (`a|b`) and
// groups that are not empty and not repeated.
bool means_the_same_to_cmake(std::string_view pattern);

// Text of the functions `_holdfast_locks_of_file(<test> <out>)` and, in the same way,
// `_holdfast_services_of_file`. A function that would find nothing is left out. Sets
// `_holdfast_far` if tests may run on the nodes of a Slurm allocation. Empty: there is none of
// these.
std::string locks_for_ctest(const Settings& settings);

}  // namespace holdfast
