#include "base/encoding.hpp"

#include <cstddef>

#include "base/text.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::string_view k_escape_digits = "0123456789ABCDEF";

bool is_plain(char c) { return is_ascii_alphanumeric(c) || c == '_' || c == '+' || c == '-'; }

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view part = bytes.substr(i, 3);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8U | (j < part.size() ? static_cast<unsigned char>(part[j]) : 0U);
    }
    for (unsigned j = 0; j < 4; ++j) {
      text += j <= part.size() ? k_digits[group >> (18U - 6U * j) & 63U] : '=';
    }
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  std::string bytes;
  std::uint32_t group = 0;  // the bits of the last digits
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t digit = k_digits.find(text[i]);
    if (digit == k_digits.npos) return std::nullopt;
    group = group << 6U | static_cast<std::uint32_t>(digit);
    // Each digit but the first of four completes a byte, and leaves 4, 2 or no bits of the next.
    if (i % 4 != 0) bytes += static_cast<char>(group >> (6U - 2U * (i % 4)) & 255U);
  }
  return bytes;
}

std::string encode_file_name(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    // A leading dot would make a hidden file, or `..`.
    if (is_plain(c) || (c == '.' && !out.empty())) {
      out += c;
    } else {
      out += "%" + upper(hexadecimal(static_cast<unsigned char>(c), 2));
    }
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
