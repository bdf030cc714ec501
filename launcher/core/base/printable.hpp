// Names and output as a person may see them: a test's name may hold anything, and is not to steer
// a terminal, nor to make two lines of one.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

// On one line: control characters become \n, \t, \x1b (in UTF-8 those of two bytes \u009b, which
// terminals heed as well), bytes that are not UTF-8 become U+FFFD. Does not change what has been
// made printable before.
std::string printable(std::string_view text);

// The same of a name or value in a line for people; what is as long as a command line may be only
// begins there, up to 240 bytes, and ends in "...".
std::string brief(std::string_view text);

}  // namespace holdfast
