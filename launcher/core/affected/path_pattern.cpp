#include "core/affected/path_pattern.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/base/parts.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_separators = " \t\r\n\"'`=:;,|&()<>[]{}!#?@";
constexpr std::size_t k_most_ends = 8;
constexpr std::size_t k_short_option = 2;  // -fdata/in.txt

bool is_separator(char c) { return k_separators.find(c) != std::string_view::npos; }

std::size_t end_of_part(std::string_view word, std::size_t from) {
  return std::min(word.find_first_of(k_separators, from), word.size());
}

// `data` of `-Idata`; empty: it is something else.
std::string_view value_of_short_option(std::string_view part) {
  const bool is_short = part.size() > k_short_option && part[0] == '-' && part[1] != '-';
  return is_short ? part.substr(k_short_option) : std::string_view();
}

// Where the part ends that was taken; `start`: none was.
std::size_t take_path(std::string_view word, std::size_t start,
                      const std::function<bool(std::string_view)>& try_path) {
  std::size_t end = end_of_part(word, start);
  for (std::size_t i = 0; i < k_most_ends; ++i) {
    const std::string_view part = word.substr(start, end - start);
    const bool is_new = part.size() < word.size() && !is_separator(part.back());
    if (is_new && try_path(part)) return end;
    if (end == word.size()) break;
    end = end_of_part(word, end + 1);
  }
  return start;
}

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

void find_paths(std::string_view word, const std::function<bool(std::string_view)>& try_path) {
  for (std::size_t at = word.find('='); at != std::string_view::npos; at = word.find('=', at + 1)) {
    if (at + 1 < word.size()) try_path(word.substr(at + 1));
  }
  std::size_t at = 0;
  while (at < word.size()) {
    std::size_t start = at;
    const std::size_t end = end_of_part(word, at);
    const std::size_t slash = word.substr(at, end - at).find('/');
    at = end + 1;
    if (slash == std::string_view::npos) {
      const std::string_view value = value_of_short_option(word.substr(start, end - start));
      if (!value.empty()) try_path(value);
      continue;
    }
    if (word[start] == '-') {
      if (slash > k_short_option) {
        at = std::max(at, take_path(word, start + k_short_option, try_path));
      }
      start += slash;
    }
    at = std::max(at, take_path(word, start, try_path));
  }
}

PathIndex::PathIndex(const BuildGraph& graph) : graph_(graph) {
  for (Node node = 0; node < graph.node_count(); ++node) {
    by_path_.push_back(node);
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
  if (last.empty() || is_pattern(last)) {
    std::ranges::for_each(by_path_, add);
    return found;
  }
  auto at = std::ranges::lower_bound(by_last_part_, last, {},
                                     [this](Node node) { return last_part(node); });
  for (; at != by_last_part_.end() && last_part(*at) == last; ++at) add(*at);
  return found;
}

}  // namespace holdfast
