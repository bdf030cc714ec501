#include "report/escape.hpp"

#include "core/base/text.hpp"

#include <fmt/format.h>

namespace holdfast {
namespace {

enum class Place { text, attribute };

// Text may hold a plain line break. In an attribute a reader would turn it into a blank.
std::string xml_character(char c, Place place) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return place == Place::attribute ? "&quot;" : "\"";
    case '\n':
      return place == Place::attribute ? "&#10;" : "\n";
    case '\t':
      return place == Place::attribute ? "&#9;" : "\t";
    case '\r':
      return "&#13;";
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20U ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
}

std::string xml(std::string_view bytes, Place place) {
  const std::string text = valid_utf8(bytes);
  std::string_view rest = text;
  std::string escaped;
  escaped.reserve(text.size() + text.size() / 8);
  while (!rest.empty()) {
    const std::size_t length = utf8_sequence_length(rest);
    if (length <= 1) {
      escaped += xml_character(rest.front(), place);
      rest.remove_prefix(1);
      continue;
    }
    const std::string_view character = rest.substr(0, length);
    if (character == "\xEF\xBF\xBE")
      escaped += "\\uFFFE";
    else if (character == "\xEF\xBF\xBF")
      escaped += "\\uFFFF";
    else
      escaped += character;
    rest.remove_prefix(length);
  }
  return escaped;
}

}  // namespace

std::string xml_text(std::string_view text) { return xml(text, Place::text); }
std::string xml_attribute(std::string_view text) { return xml(text, Place::attribute); }

}  // namespace holdfast
