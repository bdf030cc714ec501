// Text: the numbers and parts in it, letters of ASCII whatever the locale is, words that are near
// to one another, what is safe to show, and UTF-8.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace holdfast {

// Whole numbers in text. A number is its digits in `base` (letters of either case above 9), with a
// leading `-` if N has a sign. It has no blank, no `+` and no `0x`. Each reader returns nothing if
// the text does not begin with a number, or if N cannot hold it. None throws, allocates or uses a
// locale.

// Takes a number without sign off the front, if it is at most `largest`. All types share this
// function, because it is large.
std::optional<std::uint64_t> take_digits(std::string_view& text, int base, std::uint64_t largest);

// The number in so many hexadecimal digits, with small letters.
std::string hexadecimal(std::uint64_t number, std::size_t digits);

// Takes a number off the front. If there is none, the text stays as it is.
template <std::integral N>
std::optional<N> take_number(std::string_view& text, int base = 10) {
  const bool is_negative = std::is_signed_v<N> && text.starts_with('-');
  std::string_view digits = text.substr(is_negative ? 1 : 0);
  const auto most = static_cast<std::uint64_t>(std::numeric_limits<N>::max());
  const std::optional<std::uint64_t> number =
      take_digits(digits, base, is_negative ? most + 1 : most);
  if (!number) return std::nullopt;
  text = digits;
  return static_cast<N>(is_negative ? 0 - *number : *number);
}

// Reads a number at the front. Any text may follow it.
template <std::integral N>
std::optional<N> leading_number(std::string_view text, int base = 10) {
  return take_number<N>(text, base);
}

// Reads a text that is one number and nothing else.
template <std::integral N>
std::optional<N> parse_number(std::string_view text, int base = 10) {
  const std::optional<N> number = take_number<N>(text, base);
  return text.empty() ? number : std::nullopt;
}

// Takes texts apart and puts them together.

// Takes off the front the text up to the next separator, and also that separator. Without a
// separator, takes everything.
inline std::string_view take_part(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

// Takes these words off the front. False: the text begins otherwise, and stays as it is.
inline bool take_words(std::string_view& text, std::string_view words) {
  const bool is_there = text.starts_with(words);
  if (is_there) text.remove_prefix(words.size());
  return is_there;
}

// The parts of a text one after the other, as take_part() takes them:
//
//   for (const std::string_view line : TextParts{text, '\n'}) …
struct TextParts {
  std::string_view rest;
  char separator;

  TextParts begin() const { return *this; }
  std::default_sentinel_t end() const { return {}; }
  std::string_view operator*() const { return rest.substr(0, rest.find(separator)); }
  TextParts& operator++() {
    take_part(rest, separator);
    return *this;
  }
  friend bool operator==(const TextParts& parts, std::default_sentinel_t) {
    return parts.rest.empty();
  }
};

// The name of a file without its directories.
inline std::string_view last_part_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// Whether the path is that of something below the directory, as both are written.
constexpr bool is_path_below(std::string_view path, std::string_view directory) {
  return !directory.empty() && path.starts_with(directory) &&
         path.substr(directory.size()).starts_with('/');
}

// The text without these characters at its ends.
std::string_view trimmed(std::string_view text, std::string_view blanks);

// What follows the first of these words in the text; empty: they are not in it.
std::string_view text_after(std::string_view text, std::string_view words);

// The number in the first line that begins with `key`, after that and blanks. None: there is none.
std::optional<std::uint64_t> number_behind(std::string_view text, std::string_view key);

// All parts in a row. Each `+` between strings compiles to a call or two; this is one call for all
// parts.
std::string text_of(std::initializer_list<std::string_view> parts);

// As a function that can be passed on: to_string() has overloads.
inline std::string in_digits(std::uint64_t number) { return std::to_string(number); }

// The text with as many `fill` before it as the width asks for.
std::string padded(std::string text, std::size_t width, char fill = ' ');
// The number with as many zeros before it.
inline std::string zero_padded(std::int64_t number, std::size_t width) {
  return padded(std::to_string(number), width, '0');
}

// "1 test", "3 tests": a number and a noun whose plural has an s.
std::string counted(std::uint64_t number, std::string_view noun);
// "1 entry", "3 entries".
std::string counted(std::uint64_t number, std::string_view one, std::string_view many);

// " and 3 more"; empty if there are no more.
std::string and_more(std::uint64_t more);

// The items as `text` has them, with a separator between two. No separator follows a beginning that
// is empty.
template <typename Items, typename Text = std::identity>
std::string separated(const Items& items, std::string_view separator, Text text = {}) {
  std::string all;
  for (const auto& item : items) {
    all.append(all.empty() ? "" : separator).append(std::invoke(text, item));
  }
  return all;
}

// A list of what `of` gives for each of the items.
template <typename Items, typename Of>
auto collected(const Items& items, Of of) {
  std::vector<std::decay_t<decltype(std::invoke(of, *items.begin()))>> list;
  for (const auto& item : items) list.push_back(std::invoke(of, item));
  return list;
}

template <typename Items, typename Item>
bool contains(const Items& items, const Item& item) {
  return std::ranges::find(items, item) != std::ranges::end(items);
}

// At most `limit` items as `text` has them, separated by ", ", then how many more there are. `more`
// are not even in `items`.
template <typename Items, typename Text = std::identity>
std::string bounded_list(const Items& items, std::size_t limit, Text text = {},
                         std::uint64_t more = 0) {
  const std::size_t shown = std::min<std::size_t>(items.size(), limit);
  std::string list;
  for (std::size_t i = 0; i < shown; ++i) list.append(i == 0 ? "" : ", ").append(text(items[i]));
  return list + and_more(items.size() - shown + more);
}

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

// The words of a text in lines of at most so many columns, unless a word is longer. The first line
// begins with `first`, and each further one with `further`.
std::string folded(std::string_view text, std::string_view first, std::string_view further,
                   std::size_t columns);

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

// Enumerations whose values people write by name. Such an enumeration lists its names in the order
// of its values:
//
//   constexpr auto words_of(OnLeak) { return word_list("kill", "fail", "ignore"); }
constexpr auto word_list(const auto&... words) {
  return std::array<std::string_view, sizeof...(words)>{words...};
}

template <typename E>
concept Worded = requires(E value) {
  words_of(value)[0];
};

template <Worded E>
std::string_view name_of(E value) {
  return words_of(value)[static_cast<std::size_t>(value)];
}

template <Worded E>
std::optional<E> named(std::string_view name) {
  constexpr auto k_words = words_of(E{});
  for (std::size_t i = 0; i < k_words.size(); ++i) {
    if (k_words[i] == name) return static_cast<E>(i);
  }
  return std::nullopt;
}

// `kill, fail or ignore` if `last` is " or ". A `quote` is put before and after each word.
template <typename Words>
std::string enumeration(const Words& words, std::string_view last, std::string_view quote = {}) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? last : ", ";
    text.append(quote).append(words[i]).append(quote);
  }
  return text;
}

template <typename Words>
std::string alternatives(const Words& words, std::string_view quote = {}) {
  return enumeration(words, " or ", quote);
}

}  // namespace holdfast
