// Names and output in a form that is safe to show. A test's name may hold any byte, but must not
// steer a terminal or break a line in two.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

// Whether `c` is a control character of ASCII.
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20U || c == '\x7f'; }

// One line. Control characters become \n, \t, \x1b. Terminals also obey the two-byte control
// characters of UTF-8, and those that turn the order of a text around; they become \u009b, \u202e
// and the like. Bytes that are not UTF-8 become U+FFFD.
// Printable text does not change.
std::string printable(std::string_view text);

// The same as printable(), for a name or value within a line. A text over 240 bytes is cut, and
// ends in "...".
std::string brief(std::string_view text);
std::string brief_in_quotes(std::string_view text);

// A word of a command that people may copy into a shell. A plain word does not change. Words with
// control characters, or with bytes that are not UTF-8, need bash or zsh ($'...').
std::string for_shell(std::string_view word);

}  // namespace holdfast
