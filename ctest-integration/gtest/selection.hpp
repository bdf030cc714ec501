// Which cases run: GoogleTest's own choice, asked for and set.
#pragma once

#include <string>
#include <vector>

namespace holdfast {
namespace gtest_support {

// Whether this is the program of a death test of style `threadsafe`, which GoogleTest starts anew
// with its own arguments. Such a one runs its case, whatever else the arguments say.
bool is_death_test_child();

// The cases that are to run, after filter, DISABLED_ and shard, in their order, shuffled if asked
// for. Prints nothing.
std::vector<std::string> selected_cases();

// Of two cases whose names select_one() cannot tell apart, in words; empty: there are none.
std::string not_told_apart();

// From here on RUN_ALL_TESTS() runs this case and no other.
void select_one(const std::string& test);

// From here on RUN_ALL_TESTS() runs cases and does not list them.
void stop_listing();

}  // namespace gtest_support
}  // namespace holdfast
