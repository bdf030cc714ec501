#include "core/batch/xml.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/base/number.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_longest_entity = 8;

// The character that `&amp;` or `&#x0A;` stands for, and how long that is; none: it is no such
// entity.
std::optional<std::pair<char, std::size_t>> entity_at(std::string_view text) {
  constexpr std::pair<std::string_view, char> k_named[] = {
      {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
  for (const auto& [name, meant] : k_named) {
    if (text.starts_with(name)) return std::pair(meant, name.size());
  }
  if (!text.starts_with("&#x")) return std::nullopt;
  const std::size_t end = text.substr(0, k_longest_entity).find(';');
  if (end == std::string_view::npos) return std::nullopt;
  const auto value = parse_number<unsigned>(text.substr(3, end - 3), 16);
  if (!value || *value == 0 || *value > 0xFF) return std::nullopt;
  return std::pair(static_cast<char>(*value), end + 1);
}

constexpr std::string_view k_verbatim = "<![CDATA[";
constexpr std::string_view k_end_of_verbatim = "]]>";

// A `>` may stand in a value.
std::size_t end_of_tag(std::string_view text) {
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') is_quoted = !is_quoted;
    if (text[i] == '>' && !is_quoted) return i;
  }
  return std::string_view::npos;
}

}  // namespace

std::string without_entities(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const std::size_t next = std::min(text.find('&'), text.size());
    plain += text.substr(0, next);
    text.remove_prefix(next);
    if (text.empty()) break;
    const auto entity = entity_at(text);
    plain += entity ? entity->first : text.front();
    text.remove_prefix(entity ? entity->second : 1);
  }
  return plain;
}

std::optional<std::string_view> XmlTags::next() {
  text_.clear();
  while (true) {
    const std::size_t begin = rest_.find('<');
    if (begin == std::string_view::npos) return std::nullopt;
    text_ += without_entities(rest_.substr(0, begin));
    rest_.remove_prefix(begin);
    if (!rest_.starts_with(k_verbatim)) break;
    const std::size_t end = rest_.find(k_end_of_verbatim);
    if (end == std::string_view::npos) return std::nullopt;
    text_ += rest_.substr(k_verbatim.size(), end - k_verbatim.size());
    rest_.remove_prefix(end + k_end_of_verbatim.size());
  }
  const std::size_t end = end_of_tag(rest_);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view tag = rest_.substr(0, end + 1);
  rest_.remove_prefix(end + 1);
  return tag;
}

bool is_xml_beginning(std::string_view tag, std::string_view name) {
  if (!tag.starts_with('<') || !tag.substr(1).starts_with(name)) return false;
  const char after = tag[name.size() + 1];
  return after == ' ' || after == '>' || after == '/' || after == '\n';
}

std::optional<std::string> xml_attribute(std::string_view tag, std::string_view name) {
  std::size_t at = tag.find(' ');
  while (at != std::string_view::npos && at < tag.size()) {
    const std::size_t begin = tag.find_first_not_of(" \n", at);
    const std::size_t equals = begin == std::string_view::npos ? begin : tag.find("=\"", begin);
    if (equals == std::string_view::npos) return std::nullopt;
    const std::size_t end = tag.find('"', equals + 2);
    if (end == std::string_view::npos) return std::nullopt;
    if (tag.substr(begin, equals - begin) == name) {
      return without_entities(tag.substr(equals + 2, end - equals - 2));
    }
    at = end + 1;
  }
  return std::nullopt;
}

}  // namespace holdfast
