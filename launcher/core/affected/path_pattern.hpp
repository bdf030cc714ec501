// Paths of which some parts are not known, and the files that they may mean.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/affected/build_graph.hpp"

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
         pattern.find_first_not_of(k_wildcards) == std::string_view::npos;
}
bool fits_pattern(std::string_view pattern, std::string_view path);

// Joins two paths and takes `.`, `..` and empty parts out, by their text alone. An absolute `path`
// stays as it is, apart from these. `..` after an unknown part leaves that part as it is.
std::string joined_path(std::string_view directory, std::string_view path);

// Finds nodes of a graph by their paths. The graph must not change meanwhile. Names that only stand
// for files (phony) are left out.
class PathIndex {
 public:
  using Node = BuildGraph::Node;

  explicit PathIndex(const BuildGraph& graph);

  // Nodes whose paths begin with `directory` and a slash.
  std::vector<Node> below(std::string_view directory) const;
  std::vector<Node> fitting(std::string_view pattern) const;
  const std::string& path(Node node) const { return graph_.path(node); }

 private:
  using Nodes = std::vector<Node>;

  std::string_view last_part(Node node) const;

  const BuildGraph& graph_;
  Nodes by_path_;
  Nodes by_last_part_;
};

}  // namespace holdfast
