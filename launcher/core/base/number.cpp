#include "core/base/number.hpp"

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

}  // namespace holdfast
