#include "core/lock/port_locks.hpp"

#include "core/base/number.hpp"

namespace holdfast {
namespace {

constexpr std::uint16_t k_first_ephemeral = 32768;

}  // namespace

LockSpec lock_of_port(std::uint16_t port) {
  return {.name = std::string(k_port_lock_prefix) + std::to_string(port), .scope = LockScope::user};
}

PortRange ports_below(std::string_view ephemeral) {
  PortRange range;
  const std::uint16_t end = leading_number<std::uint16_t>(ephemeral).value_or(k_first_ephemeral);
  if (end > range.first) range.count = end - range.first;
  return range;
}

std::uint16_t candidate(const PortRange& range, std::uint32_t start, unsigned tried) {
  const unsigned place = (start % range.count + tried) % range.count;
  return static_cast<std::uint16_t>(range.first + place);
}

std::string ports_in_text(const std::vector<std::uint16_t>& ports) {
  std::string text;
  for (const std::uint16_t port : ports) {
    if (!text.empty()) text += ';';
    text += std::to_string(port);
  }
  return text;
}

}  // namespace holdfast
