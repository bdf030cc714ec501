#include "core/lock/amount.hpp"

#include <array>

#include "core/base/number.hpp"

namespace holdfast {
namespace {

struct Unit {
  std::string_view name;
  unsigned shift;  // how many KiB it has, as a power of two
};
constexpr std::array<Unit, 4> k_units{{{"TiB", 30}, {"GiB", 20}, {"MiB", 10}, {"KiB", 0}}};

}  // namespace

std::optional<std::uint64_t> parse_size_kb(std::string_view text) {
  const std::uint64_t number = take_number<std::uint64_t>(text).value_or(0);
  for (const Unit& unit : k_units) {
    if (text != unit.name) continue;
    if (number == 0 || number > k_largest_size_kb >> unit.shift) return std::nullopt;
    return number << unit.shift;
  }
  return std::nullopt;
}

std::string size_text(std::uint64_t kb) {
  const Unit* unit = k_units.begin();
  while (unit->shift > 0 && (kb == 0 || kb % (std::uint64_t{1} << unit->shift) != 0)) ++unit;
  return std::to_string(kb >> unit->shift) + std::string(unit->name);
}

std::string amounts_text(std::uint64_t part_kb, std::uint64_t whole_kb) {
  return whole_kb == 0 ? size_text(part_kb) : size_text(part_kb) + "/" + size_text(whole_kb);
}

}  // namespace holdfast
