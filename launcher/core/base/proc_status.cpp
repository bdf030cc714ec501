#include "core/base/proc_status.hpp"

#include <algorithm>
#include <cstdint>

#include "core/base/number.hpp"

namespace holdfast {

unsigned numbers_in_namespaces(std::string_view status) {
  constexpr std::string_view k_label = "\nNSpid:";
  const std::size_t at = status.find(k_label);
  if (at == std::string_view::npos) return 0;
  const std::string_view rest = status.substr(at + k_label.size());
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return 0;
  return static_cast<unsigned>(std::ranges::count(rest.substr(0, end), '\t'));
}

bool pends(std::string_view status, int signal) {
  constexpr std::string_view k_label = "\nShdPnd:\t";
  const std::size_t at = status.find(k_label);
  if (at == std::string_view::npos) return false;
  const auto pending =
      leading_number<std::uint64_t>(status.substr(at + k_label.size()), 16).value_or(0);
  return (pending >> static_cast<unsigned>(signal - 1) & 1U) != 0;
}

}  // namespace holdfast
