#include "core/affected/path_index.hpp"

#include <algorithm>
#include <cstddef>

#include "core/affected/path_pattern.hpp"
#include "core/base/parts.hpp"

namespace holdfast {

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
