#include "core/affected/path_pattern.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "core/base/parts.hpp"

namespace holdfast {
namespace {

bool is_wildcard(char c) { return k_wildcards.find(c) != std::string_view::npos; }

bool may_stand_for(char wildcard, char c) { return wildcard == k_unknown || c != '/'; }

std::string_view last_part_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

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
        may_stand_for(k_star, path[star.in_path])) {
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
  std::vector<std::string_view> parts;
  while (!rest.empty()) {
    const std::string_view part = take_part(rest, '/');
    if (part.empty() || part == ".") continue;
    const bool is_known = parts.empty() || parts.back().find(k_unknown) == std::string_view::npos;
    if (part == "..") {
      if (is_known && !parts.empty()) parts.pop_back();
      continue;
    }
    parts.push_back(part);
  }
  std::string joined;
  for (const std::string_view part : parts) {
    if (!joined.empty() || !part.starts_with(k_unknown)) joined += '/';
    joined += part;
  }
  return joined.empty() ? "/" : joined;
}

PathIndex::PathIndex(const BuildGraph& graph) : graph_(graph) {
  for (Node node = 0; node < graph.node_count(); ++node) {
    if (!graph.is_phony(node)) by_path_.push_back(node);
  }
  by_last_part_ = by_path_;
  std::ranges::sort(by_path_, {}, [this](Node node) -> std::string_view { return path(node); });
  std::ranges::sort(by_last_part_, {}, [this](Node node) { return last_part(node); });
}

std::string_view PathIndex::last_part(Node node) const { return last_part_of(path(node)); }

std::vector<BuildGraph::Node> PathIndex::below(std::string_view directory) const {
  const std::string begin = text_of({directory == "/" ? "" : directory, "/"});
  const auto to_path = [this](Node node) -> std::string_view { return path(node); };
  auto at = std::ranges::lower_bound(by_path_, std::string_view(begin), {}, to_path);
  Nodes found;
  for (; at != by_path_.end() && path(*at).starts_with(begin); ++at) found.push_back(*at);
  return found;
}

std::vector<BuildGraph::Node> PathIndex::fitting(std::string_view pattern) const {
  Nodes found;
  const auto add = [&](Node node) {
    if (fits_pattern(pattern, path(node))) found.push_back(node);
  };
  const std::string_view known = pattern.substr(0, pattern.find_first_of(k_wildcards));
  const std::size_t slash = known.rfind('/');
  if (slash != std::string_view::npos && slash > 0) {
    std::ranges::for_each(below(known.substr(0, slash)), add);
    return found;
  }
  const std::string_view last = last_part_of(pattern);
  if (last.empty() || std::ranges::any_of(last, is_wildcard)) {
    std::ranges::for_each(by_path_, add);
    return found;
  }
  const auto [begin, end] = std::ranges::equal_range(by_last_part_, last, {},
                                                     [this](Node node) { return last_part(node); });
  std::for_each(begin, end, add);
  return found;
}

}  // namespace holdfast
