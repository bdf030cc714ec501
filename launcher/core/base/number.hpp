// Whole numbers in text. A number is its digits in `base` (letters of either case above 9), with a
// `-` in front where N has a sign; a blank, a `+` and a `0x` are no part of one. Each reader has
// nothing where no number stands at the front, or one that N cannot hold. None throws, allocates
// or knows a locale.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>

namespace holdfast {

// At the front, and takes it off; where there is nothing, the text stays as it is.
template <std::integral N>
std::optional<N> take_number(std::string_view& text, int base = 10) {
  N number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (read.ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return number;
}

// At the front, whatever follows.
template <std::integral N>
std::optional<N> leading_number(std::string_view text, int base = 10) {
  return take_number<N>(text, base);
}

// The whole text and nothing else.
template <std::integral N>
std::optional<N> parse_number(std::string_view text, int base = 10) {
  const std::optional<N> number = take_number<N>(text, base);
  return text.empty() ? number : std::nullopt;
}

}  // namespace holdfast
