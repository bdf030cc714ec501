// Takes texts apart and puts them together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace holdfast {

// Takes off the front the text up to the next separator, and also that separator. Without a
// separator, takes everything.
inline std::string_view take_part(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

// The name of a file without its directories.
inline std::string_view last_part_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// The text without these characters at its ends.
std::string_view trimmed(std::string_view text, std::string_view blanks);

// What follows the first of these words in the text; empty: they are not in it.
std::string_view text_after(std::string_view text, std::string_view words);

// All parts in a row. Each `+` between strings compiles to a call or two; this is one call for all
// parts.
std::string text_of(std::initializer_list<std::string_view> parts);

// As a function that can be passed on: to_string() has overloads.
inline std::string in_digits(std::uint64_t number) { return std::to_string(number); }

// The text with as many `fill` before it as the width asks for.
std::string padded(std::string text, std::size_t width, char fill = ' ');

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

}  // namespace holdfast
