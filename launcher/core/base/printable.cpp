#include "core/base/printable.hpp"

#include <algorithm>

#include "core/base/ascii_case.hpp"
#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "core/base/utf8.hpp"

namespace holdfast {
namespace {

// U+0080 to U+009F: C2 80 to C2 9F.
bool is_late_control(std::string_view character) {
  return character.size() == 2 && character[0] == '\xC2' &&
         static_cast<unsigned char>(character[1]) < 0xa0U;
}

// What decides in which direction the text around it is shown (the list is of Unicode's annex 9).
// Bytes of UTF-8 compare as the characters do.
bool is_bidirectional_control(std::string_view character) {
  if (character == "\u061c") return true;
  return (character >= "\u200e" && character <= "\u200f") ||
         (character >= "\u202a" && character <= "\u202e") ||
         (character >= "\u2066" && character <= "\u2069");
}

// Of a character with two or three bytes: \u202e.
void append_code_point(std::string& out, std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  unsigned point = byte(0) & (character.size() == 2 ? 0x1fU : 0x0fU);
  for (std::size_t i = 1; i < character.size(); ++i) point = (point << 6U) | (byte(i) & 0x3fU);
  out += "\\u" + hexadecimal(point, 4);
}

void append_character(std::string& out, std::string_view character) {
  if (character == "\n") {
    out += "\\n";
  } else if (character == "\t") {
    out += "\\t";
  } else if (is_late_control(character) || is_bidirectional_control(character)) {
    append_code_point(out, character);
  } else if (is_control(character.back())) {
    out += "\\x" + hexadecimal(static_cast<unsigned char>(character.back()), 2);
  } else {
    out += character;
  }
}

bool is_plain_for_shell(char c) {
  return is_ascii_alphanumeric(c) ||
         std::string_view("_./:=@%+,-").find(c) != std::string_view::npos;
}

// Between `$'` and `'`.
void append_for_shell(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (is_control(c) || byte >= 0x80) {
    out += "\\x" + hexadecimal(byte, 2);
  } else {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
}

}  // namespace

std::string printable(std::string_view text) {
  const std::string valid = valid_utf8(text);
  std::string shown;
  shown.reserve(valid.size());
  for (std::string_view rest = valid; !rest.empty();) {
    const std::size_t length = utf8_sequence_length(rest);
    append_character(shown, rest.substr(0, length));
    rest.remove_prefix(length);
  }
  return shown;
}

std::string brief(std::string_view text) {
  constexpr std::size_t k_brief = 240;
  if (text.size() <= k_brief) return printable(text);
  return printable(first_bytes(text, k_brief)) + "...";
}

std::string brief_in_quotes(std::string_view text) { return text_of({"\"", brief(text), "\""}); }

std::string for_shell(std::string_view word) {
  if (!word.empty() && std::ranges::all_of(word, is_plain_for_shell)) return std::string(word);
  const bool is_text = printable(word) == word;
  std::string quoted = is_text ? "'" : "$'";
  for (const char c : word) {
    if (!is_text) {
      append_for_shell(quoted, c);
    } else if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace holdfast
