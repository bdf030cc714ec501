#include "core/bundle/packed_file.hpp"

#include "core/base/number.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_digits = 20;

}  // namespace

std::string line_of(const PackedHead& head) {
  const std::string number = std::to_string(head.size);
  return std::string(k_digits - number.size(), '0') + number + ' ' + head.name + '\n';
}

std::optional<PackedHead> parse_packed_head(std::string_view line) {
  if (line.size() < k_digits + 2 || line[k_digits] != ' ') return std::nullopt;
  const auto size = parse_number<std::uint64_t>(line.substr(0, k_digits));
  if (!size) return std::nullopt;
  return PackedHead{*size, std::string(line.substr(k_digits + 1))};
}

}  // namespace holdfast
