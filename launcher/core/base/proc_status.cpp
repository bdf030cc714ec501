#include "core/base/proc_status.hpp"

#include <algorithm>
#include <cstdint>

#include "core/base/number.hpp"
#include "core/base/parts.hpp"

namespace holdfast {

unsigned numbers_in_namespaces(std::string_view status) {
  const std::string_view rest = text_after(status, "\nNSpid:");
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return 0;
  return static_cast<unsigned>(std::ranges::count(rest.substr(0, end), '\t'));
}

bool pends(std::string_view status, int signal) {
  const std::string_view mask = text_after(status, "\nShdPnd:\t");
  const auto pending = leading_number<std::uint64_t>(mask, 16).value_or(0);
  return (pending >> static_cast<unsigned>(signal - 1) & 1U) != 0;
}

}  // namespace holdfast
