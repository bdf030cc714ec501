#include "core/base/printable.hpp"

#include "core/base/parts.hpp"
#include "core/base/utf8.hpp"

namespace holdfast {
namespace {

// U+0080 to U+009F: C2 80 to C2 9F.
bool is_late_control(std::string_view character) {
  return character.size() == 2 && character[0] == '\xC2' &&
         static_cast<unsigned char>(character[1]) < 0xa0U;
}

void append_hex(std::string& out, unsigned char byte) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  out += k_digits[byte >> 4U];
  out += k_digits[byte & 15U];
}

void append_character(std::string& out, std::string_view character) {
  const auto last = static_cast<unsigned char>(character.back());
  if (character == "\n") {
    out += "\\n";
  } else if (character == "\t") {
    out += "\\t";
  } else if (is_late_control(character)) {
    out += "\\u00";
    append_hex(out, last);
  } else if (is_control(character.back())) {
    out += "\\x";
    append_hex(out, last);
  } else {
    out += character;
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) {
      shown += k_utf8_replacement;
      text.remove_prefix(1);
      continue;
    }
    append_character(shown, text.substr(0, length));
    text.remove_prefix(length);
  }
  return shown;
}

std::string brief(std::string_view text) {
  constexpr std::size_t k_longest = 240;
  if (text.size() <= k_longest) return printable(text);
  std::size_t length = k_longest;
  while (length > 0 && (text[length] & 0xC0) == 0x80) --length;  // not within a character
  return printable(text.substr(0, length)) + "...";
}

std::string brief_in_quotes(std::string_view text) { return text_of({"\"", brief(text), "\""}); }

}  // namespace holdfast
