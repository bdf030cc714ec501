// Text: letters of ASCII whatever the locale is, words that are near to one another, what is safe
// to show, and UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

constexpr bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_ascii_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
constexpr bool is_ascii_alphanumeric(char c) { return is_ascii_letter(c) || is_ascii_digit(c); }

inline std::string lower(std::string text) {
  for (char& c : text) c = lower(c);
  return text;
}

inline std::string upper(std::string text) {
  for (char& c : text) c = upper(c);
  return text;
}

// How far one word is from another, and which of many words are near.

// The Levenshtein distance: how many insertions, deletions and replacements lead from one to the
// other. The time is proportional to the product of both lengths.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The `names` that a user may have meant by `name`, without `name` itself. There are at most
// `most`, the nearest first; names that are equally near are in alphabetical order. Upper and lower
// case count as the same, and so do `-` and `_`. Two names are also near if one begins with the
// other (`test` and `test.exe`).
std::vector<std::string> look_alikes(std::string_view name, const std::vector<std::string>& names,
                                     std::size_t most);

// ` (did you mean "timeout"?)`: the nearest of these words. Empty: none is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& words);

// Names and output in a form that is safe to show. A test's name may hold any byte, but must not
// steer a terminal or break a line in two.

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

// A line that Holdfast says to people, in its final form. One write(2) writes the whole line, so
// that no other process's output gets into it (in a pipe up to PIPE_BUF bytes, pipe(7)).
enum class Layout : std::uint8_t {
  one_line,
  // Several lines of at most 160 columns, unless a word is longer. All lines but the first are
  // indented by two blanks.
  folded,
};

// `holdfast: <text>` and a line break. Control characters are shown as by printable().
std::string said_line(std::string_view text, Layout layout = Layout::one_line);

// Turns text of unknown origin into valid UTF-8.
//
// Test names and output are plain bytes to CMake and ctest, but JSON and XML take only UTF-8. All
// text that enters or leaves a record passes through here. So a name with odd bytes is the same
// name in the launcher's records, in verdicts and in reports.

inline constexpr std::string_view k_utf8_replacement = "\xEF\xBF\xBD";

// Each byte that is not part of a well-formed sequence becomes U+FFFD (one per byte). Overlong
// forms, surrogates and values above U+10FFFF count as ill-formed (RFC 3629).
std::string valid_utf8(std::string_view bytes);

// The length (1 to 4) of the well-formed sequence at the start of `bytes`; 0: there is none.
std::size_t utf8_sequence_length(std::string_view bytes);

// The beginning or the end of the text: at most `size` bytes, without the part of a character that
// would be cut.
std::string_view first_bytes(std::string_view text, std::size_t size);
std::string_view last_bytes(std::string_view text, std::size_t size);

}  // namespace holdfast
