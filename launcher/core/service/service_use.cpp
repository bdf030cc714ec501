#include "core/service/service_use.hpp"

#include <algorithm>

#include "core/base/ascii_case.hpp"
#include "core/base/parts.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_longest_name = 64;

bool is_in_name(char c) { return is_ascii_alphanumeric(c) || c == '_' || c == '-' || c == '.'; }

}  // namespace

bool is_service_name(std::string_view name) {
  return !name.empty() && name.size() <= k_longest_name && std::ranges::all_of(name, is_in_name);
}

Result<ServiceUse> parse_service_use(std::string_view text) {
  const std::string found = "\"" + std::string(text) + "\"";
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (!is_service_name(name)) {
    return BadValue(found,
                    "NAME[:shared|:exclusive|:fresh], where NAME has letters, "
                    "digits, `_`, `-` and `.`");
  }
  ServiceUse use{std::string(name)};
  if (colon == std::string_view::npos) return use;
  const std::optional<ServiceMode> mode = named<ServiceMode>(text.substr(colon + 1));
  if (!mode) {
    return BadValue(found, alternatives(words_of(ServiceMode{})) + " after `:`");
  }
  use.mode = *mode;
  return use;
}

std::string to_text(const ServiceUse& use) {
  std::string text = use.name;
  if (use.mode != ServiceMode::shared) text.append(":").append(name_of(use.mode));
  return text;
}

std::string names_of(const std::vector<ServiceUse>& uses) {
  return separated(uses, ", ", &ServiceUse::name);
}

void add_use(const ServiceUse& use, std::vector<ServiceUse>& uses) {
  for (ServiceUse& there : uses) {
    if (there.name != use.name) continue;
    there.mode = std::max(there.mode, use.mode);
    return;
  }
  uses.push_back(use);
}

}  // namespace holdfast
