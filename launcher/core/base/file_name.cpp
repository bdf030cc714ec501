#include "core/base/file_name.hpp"

#include <cstddef>

#include "core/base/ascii_case.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_escape_digits = "0123456789ABCDEF";

bool is_plain(char c) { return is_ascii_alphanumeric(c) || c == '_' || c == '+' || c == '-'; }

}  // namespace

std::string encode_file_name(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    // A leading dot would make a hidden file, or `..`.
    if (is_plain(c) || (c == '.' && !out.empty())) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += k_escape_digits[byte >> 4U];
    out += k_escape_digits[byte & 15U];
  }
  return out;
}

std::string decode_file_name(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::string(text);
    const std::size_t high = k_escape_digits.find(text[i + 1]);
    const std::size_t low = k_escape_digits.find(text[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::string(text);
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

}  // namespace holdfast
