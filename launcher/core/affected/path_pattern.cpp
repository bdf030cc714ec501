#include "core/affected/path_pattern.hpp"

#include <cstddef>
#include <vector>

#include "core/base/parts.hpp"

namespace holdfast {

// Goes back to the last wildcard of each kind that may take one byte more. `*` cannot take a slash,
// so the last unknown text has to be tried again beyond it.
bool fits_pattern(std::string_view pattern, std::string_view path) {
  struct Mark {
    std::size_t in_pattern = std::string_view::npos;
    std::size_t in_path = 0;
  };
  Mark star;
  Mark unknown;
  std::size_t at = 0;
  std::size_t in_path = 0;
  while (in_path < path.size() || at < pattern.size()) {
    const bool is_open = in_path < path.size();
    if (at < pattern.size() && pattern[at] == k_unknown) {
      unknown = {at++, in_path};
      star = {};
      continue;
    }
    if (at < pattern.size() && pattern[at] == k_star) {
      star = {at++, in_path};
      continue;
    }
    if (at < pattern.size() && is_open &&
        (pattern[at] == path[in_path] || (pattern[at] == k_one && path[in_path] != '/'))) {
      ++at;
      ++in_path;
      continue;
    }
    if (star.in_pattern != std::string_view::npos && star.in_path < path.size() &&
        path[star.in_path] != '/') {
      in_path = ++star.in_path;
      at = star.in_pattern + 1;
    } else if (unknown.in_pattern != std::string_view::npos && unknown.in_path < path.size()) {
      in_path = ++unknown.in_path;
      at = unknown.in_pattern + 1;
      star = {};
    } else {
      return false;
    }
  }
  return true;
}

std::string joined_path(std::string_view directory, std::string_view path) {
  const bool stands_alone = path.starts_with('/') || path.starts_with(k_unknown);
  std::string_view rest;
  const std::string whole = stands_alone ? std::string(path) : text_of({directory, "/", path});
  rest = whole;
  bool begins_unknown = whole.starts_with(k_unknown);
  std::vector<std::string_view> parts;
  while (!rest.empty()) {
    const std::string_view part = take_part(rest, '/');
    if (part.empty() || part == ".") continue;
    const bool is_known = parts.empty() || parts.back().find(k_unknown) == std::string_view::npos;
    if (part != "..") {
      parts.push_back(part);
    } else if (!is_known) {
      parts = {std::string_view(&k_unknown, 1)};
      begins_unknown = true;
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string joined;
  for (const std::string_view part : parts) {
    if (!joined.empty() || !begins_unknown) joined += '/';
    joined += part;
  }
  return joined.empty() ? "/" : joined;
}

}  // namespace holdfast
