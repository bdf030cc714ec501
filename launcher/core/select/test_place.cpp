#include "core/select/test_place.hpp"

#include "core/base/fnv1a.hpp"
#include "core/base/number.hpp"

namespace holdfast {

std::optional<TestPlace> parse_test_place(std::string_view text) {
  const std::size_t first = text.find(':');
  TestPlace place{std::string(text.substr(0, first))};
  if (place.directory.empty()) return std::nullopt;
  if (first == std::string_view::npos) return place;
  const std::string_view numbers = text.substr(first + 1);
  const std::size_t second = numbers.find(':');
  if (second == std::string_view::npos) return std::nullopt;
  const auto in_directory = parse_number<std::uint32_t>(numbers.substr(0, second));
  const auto nth = parse_number<std::uint32_t>(numbers.substr(second + 1));
  if (!in_directory || !nth) return std::nullopt;
  place.in_directory = *in_directory;
  place.nth = *nth;
  return place;
}

std::string key_of(std::string_view name, const TestPlace& place) {
  Fnv1a hash;
  hash.add(name).end().add(place.directory).end().add(std::to_string(place.in_directory)).end();
  return hexadecimal(hash.value(), 16);
}

}  // namespace holdfast
