// Letters of ASCII in the other case, whatever the locale is.
#pragma once

#include <string>

namespace holdfast {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

inline std::string lower(std::string text) {
  for (char& c : text) c = lower(c);
  return text;
}

inline std::string upper(std::string text) {
  for (char& c : text) c = upper(c);
  return text;
}

}  // namespace holdfast
