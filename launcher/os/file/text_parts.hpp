// Texts with many parts of one kind: lines, entries of /proc/<pid>/environ, directories in PATH.
#pragma once

#include <algorithm>
#include <string_view>

namespace holdfast::os {

// The first part of `rest`, up to `end` or the end of the text. Takes it and `end` off `rest`.
inline std::string_view take_part(std::string_view& rest, char end) {
  const std::string_view part = rest.substr(0, rest.find(end));
  rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  return part;
}

}  // namespace holdfast::os
