#include "core/select/test_place.hpp"

#include "core/base/encoding.hpp"
#include "core/base/number.hpp"
#include "core/base/parts.hpp"

namespace holdfast {

std::optional<TestPlace> parse_test_place(std::string_view text) {
  const bool has_numbers = text.find(':') != std::string_view::npos;
  TestPlace place{std::string(take_part(text, ':'))};
  if (place.directory.empty()) return std::nullopt;
  if (!has_numbers) return place;
  const auto in_directory = parse_number<std::uint32_t>(take_part(text, ':'));
  const auto nth = parse_number<std::uint32_t>(text);
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
