// Asks GoogleTest which cases it would run, and sets which it runs.
#pragma once

#include <string>
#include <vector>

namespace holdfast {
namespace gtest_support {

// Whether GoogleTest started this process for a death test of the style `threadsafe`. It passes on
// the arguments of the program. The process must run its case even if they ask for a list.
bool is_death_test_child();

// The cases that filter, DISABLED_ and shard leave, in their order, or shuffled if GoogleTest was
// told to shuffle. Prints nothing.
std::vector<std::string> selected_cases();

// Names, in words, two cases that select_one() cannot tell apart. Empty: there are none.
std::string not_told_apart();

// From here on RUN_ALL_TESTS() runs this case only.
void select_one(const std::string& test);

// From here on RUN_ALL_TESTS() runs cases instead of listing them.
void stop_listing();

}  // namespace gtest_support
}  // namespace holdfast
