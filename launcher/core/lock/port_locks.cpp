#include "core/lock/port_locks.hpp"

#include "core/base/number.hpp"
#include "core/base/parts.hpp"

namespace holdfast {
namespace {

constexpr unsigned k_first_ephemeral = 32768;
constexpr unsigned k_last_port = 65535;

}  // namespace

LockSpec lock_of_port(std::uint16_t port) {
  return {.name = text_of({k_port_lock_prefix, std::to_string(port)}), .scope = LockScope::user};
}

std::string_view port_in_text(const LockSpec& lock) {
  return std::string_view(lock.name).substr(k_port_lock_prefix.size());
}

PortRange ports_below(std::string_view ephemeral) {
  PortRange range;
  const unsigned end = leading_number<unsigned>(ephemeral).value_or(k_first_ephemeral);
  if (end > range.first && end <= k_last_port) range.count = end - range.first;
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
