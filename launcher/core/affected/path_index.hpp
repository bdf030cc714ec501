// Finds nodes of a graph by their paths.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/affected/build_graph.hpp"

namespace holdfast {

// The graph must not change meanwhile.
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
