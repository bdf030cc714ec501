// Whole numbers in text, as std::from_chars(3) reads them: digits, with a minus before them where
// the type has a sign; no plus, no blanks.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace holdfast {

// The number at the front of `text`, which is taken off. Nothing, and `text` is as it was, where
// there is none or it does not fit.
template <std::integral Number>
std::optional<Number> take_number(std::string_view& text, int base = 10) {
  Number number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (read.ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return number;
}

// The whole of `text`.
template <std::integral Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
  const std::optional<Number> number = take_number<Number>(text, base);
  return text.empty() ? number : std::nullopt;
}

}  // namespace holdfast
