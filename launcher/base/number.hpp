// Whole numbers in text. A number is its digits in `base` (letters of either case above 9), with a
// leading `-` if N has a sign. It has no blank, no `+` and no `0x`. Each reader returns nothing if
// the text does not begin with a number, or if N cannot hold it. None throws, allocates or uses a
// locale.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace holdfast {

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

}  // namespace holdfast
