#include "base/number.hpp"

#include <charconv>
#include <system_error>

namespace holdfast {

std::optional<std::uint64_t> take_digits(std::string_view& text, int base, std::uint64_t largest) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (read.ec != std::errc{} || number > largest) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return number;
}

std::string hexadecimal(std::uint64_t number, std::size_t digits) {
  std::string text(digits, '0');
  for (; digits > 0; number >>= 4U) text[--digits] = "0123456789abcdef"[number & 15U];
  return text;
}

}  // namespace holdfast
