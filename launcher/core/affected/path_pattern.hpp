// Paths of which some parts are not known.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

// In a pattern, these bytes stand for text. Any other byte stands for itself.
inline constexpr char k_unknown = '\1';  // any text: nobody knows it
inline constexpr char k_star = '\2';     // any text without `/`
inline constexpr char k_one = '\3';      // one byte that is no `/`
inline constexpr std::string_view k_wildcards = "\1\2\3";

inline bool is_pattern(std::string_view path) {
  return path.find_first_of(k_wildcards) != std::string_view::npos;
}
// Whether nothing but the shape of the path is unknown: a glob that a shell expands.
inline bool is_glob(std::string_view path) {
  return is_pattern(path) && path.find(k_unknown) == std::string_view::npos;
}
// Whether the pattern says nothing about the path.
inline bool fits_all(std::string_view pattern) {
  return pattern.find(k_unknown) != std::string_view::npos &&
         pattern.find_first_not_of("\1\2\3/") == std::string_view::npos;
}
bool fits_pattern(std::string_view pattern, std::string_view path);

// Joins two paths and takes `.`, `..` and empty parts out, by their text alone. An absolute `path`
// needs no directory, and what begins with an unknown part may be one. What `..` after an
// unknown part leads to is unknown from its begin on: the part may have been several.
std::string joined_path(std::string_view directory, std::string_view path);

}  // namespace holdfast
