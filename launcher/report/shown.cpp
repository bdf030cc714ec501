#include "report/shown.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <array>

namespace holdfast {
namespace {

constexpr char k_escape = '\x1b';
constexpr char k_bell = '\a';

bool is_between(char c, char first, char last) { return c >= first && c <= last; }

// The length of the escape sequence (ECMA-48) at the start of `text`, which is not empty.
std::size_t sequence_length(std::string_view text) {
  if (text.size() < 2) return 1;
  if (text[1] == '[') {
    std::size_t at = 2;
    while (at < text.size() && is_between(text[at], ' ', '?')) ++at;
    return at < text.size() && is_between(text[at], '@', '~') ? at + 1 : at;
  }
  if (text[1] == ']') {
    // A title or a link. It ends on its line, or it is not one.
    for (std::size_t at = 2; at < text.size() && text[at] != '\n'; ++at) {
      if (text[at] == k_bell) return at + 1;
      if (text[at] == k_escape) return std::min(at + 2, text.size());
    }
    return 2;
  }
  if (text.size() > 2 && is_between(text[1], '(', '/')) return 3;
  return is_between(text[1], '0', '~') ? 2 : 1;
}

enum class Place { text, attribute };

struct Reference {
  char character;
  std::string_view words;
  bool is_for_text;
};

// Text may hold a plain line break. In an attribute a reader would turn it into a blank.
constexpr std::array k_references = {
    Reference{'&', "&amp;", true},   Reference{'<', "&lt;", true},
    Reference{'>', "&gt;", true},    Reference{'\r', "&#13;", true},
    Reference{'"', "&quot;", false}, Reference{'\n', "&#10;", false},
    Reference{'\t', "&#9;", false},
};

std::string xml_character(char c, Place place) {
  const auto known = std::ranges::find(k_references, c, &Reference::character);
  const auto byte = static_cast<unsigned char>(c);
  if (known == k_references.end())
    return byte < 0x20U ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  const bool is_plain = place == Place::text && !known->is_for_text;
  return is_plain ? std::string(1, c) : std::string(known->words);
}

std::string xml(std::string_view bytes, Place place) {
  const std::string text = valid_utf8(bytes);
  std::string_view rest = text;
  std::string escaped;
  escaped.reserve(text.size() + text.size() / 8);
  while (!rest.empty()) {
    if (take_words(rest, "\xEF\xBF\xBE")) {
      escaped += "\\uFFFE";
    } else if (take_words(rest, "\xEF\xBF\xBF")) {
      escaped += "\\uFFFF";
    } else {
      escaped += xml_character(rest.front(), place);
      rest.remove_prefix(1);
    }
  }
  return escaped;
}

}  // namespace

std::string xml_text(std::string_view text) { return xml(text, Place::text); }
std::string xml_attribute(std::string_view text) { return xml(text, Place::attribute); }

std::string shown(std::string_view output) {
  const std::string text = valid_utf8(output);
  std::string_view rest = text;
  std::string result;
  result.reserve(text.size());
  while (!rest.empty()) {
    const auto plain = std::find_if(rest.begin(), rest.end(), is_control);
    result.append(rest.begin(), plain);
    rest.remove_prefix(static_cast<std::size_t>(plain - rest.begin()));
    if (rest.empty()) break;
    std::size_t length = 1;
    if (const char c = rest.front(); c == '\n' || c == '\t')
      result += c;
    else if (c == '\r')
      result += rest.substr(1).starts_with('\n') ? "" : "\n";
    else if (c == k_escape)
      length = sequence_length(rest);
    else
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    rest.remove_prefix(length);
  }
  return result;
}

std::string tail_of(std::string text, std::size_t limit) {
  const std::string_view last = last_of(text, limit);
  if (last.size() == text.size()) return text;
  return fmt::format("[... {} bytes left out ...]\n{}", text.size() - last.size(), last);
}

}  // namespace holdfast
