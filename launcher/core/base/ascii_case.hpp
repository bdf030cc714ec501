// Letters of ASCII in the other case, and which bytes are letters, whatever the locale is.
#pragma once

#include <string>

namespace holdfast {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

constexpr bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_ascii_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
constexpr bool is_ascii_alphanumeric(char c) { return is_ascii_letter(c) || is_ascii_digit(c); }

inline std::string lower(std::string text) {
  for (char& c : text) c = lower(c);
  return text;
}

inline std::string upper(std::string text) {
  for (char& c : text) c = upper(c);
  return text;
}

}  // namespace holdfast
