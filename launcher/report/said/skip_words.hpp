// The words of an output that say why a test was skipped.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

// One line: "a.cpp:12: no network" for GTEST_SKIP() and Catch2's SKIP(), else the last line of the
// output that is not Holdfast's own. Empty: there is none. Not safe for a terminal.
std::string skip_words(std::string_view output);

}  // namespace holdfast
