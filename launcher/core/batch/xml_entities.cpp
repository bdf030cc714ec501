#include "core/batch/xml_entities.hpp"

#include <cstddef>
#include <optional>
#include <utility>

#include "core/base/number.hpp"

namespace holdfast {
namespace {

// The character that `&amp;` or `&#x0A;` stands for, and how long that is; none: it is no such
// entity.
std::optional<std::pair<char, std::size_t>> entity_at(std::string_view text) {
  constexpr std::pair<std::string_view, char> k_named[] = {
      {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
  for (const auto& [name, meant] : k_named) {
    if (text.starts_with(name)) return std::pair(meant, name.size());
  }
  const std::size_t end = text.find(';');
  if (!text.starts_with("&#x") || end == std::string_view::npos) return std::nullopt;
  const auto value = parse_number<unsigned>(text.substr(3, end - 3), 16);
  if (!value || *value == 0 || *value > 0xFF) return std::nullopt;
  return std::pair(static_cast<char>(*value), end + 1);
}

}  // namespace

std::string without_entities(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const auto entity = entity_at(text);
    plain += entity ? entity->first : text.front();
    text.remove_prefix(entity ? entity->second : 1);
  }
  return plain;
}

}  // namespace holdfast
