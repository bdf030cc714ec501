#include "core/proc_status.hpp"

namespace holdfast {

unsigned numbers_in_namespaces(std::string_view status) {
  constexpr std::string_view k_label = "\nNSpid:";
  const std::size_t at = status.find(k_label);
  if (at == std::string_view::npos) return 0;
  const std::string_view rest = status.substr(at + k_label.size());
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return 0;
  unsigned count = 0;
  for (char c : rest.substr(0, end)) {
    if (c == '\t') ++count;
  }
  return count;
}

}  // namespace holdfast
