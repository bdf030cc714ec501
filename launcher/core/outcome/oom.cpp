#include "core/outcome/oom.hpp"

#include <string>

#include "core/base/number.hpp"
#include "core/base/parts.hpp"

namespace holdfast {

std::optional<std::uint64_t> oom_kills_in(std::string_view text) {
  constexpr std::string_view k_key = "oom_kill ";
  while (!text.empty()) {
    const std::string_view line = take_part(text, '\n');
    if (line.starts_with(k_key)) return parse_number<std::uint64_t>(line.substr(k_key.size()));
  }
  return std::nullopt;
}

bool names_oom_victim(std::string_view line, int pid) {
  const std::string_view rest = text_after(line, "ut of memory: Killed process ");
  return rest.starts_with(std::to_string(pid) + " (");
}

bool OomClaims::explains_death(const Start& start, std::optional<std::uint64_t> kills) {
  if (!start.kills || !kills || *kills < *start.kills) return false;
  if (*kills - *start.kills <= claims_ - start.claims) return false;
  ++claims_;
  return true;
}

}  // namespace holdfast
