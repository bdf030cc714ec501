// Which files a build makes from which others, and what a change reaches.
//
// A node is a file, or a name that stands for files (Ninja's phony). A step makes nodes (outputs)
// from other nodes (inputs). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdfast {

class BuildGraph {
 public:
  using Node = std::uint32_t;
  using Step = std::uint32_t;

  BuildGraph() = default;
  // A copy would hold paths of the original.
  BuildGraph(BuildGraph&&) = default;
  BuildGraph& operator=(BuildGraph&&) = default;

  // Returns the node of that path. Makes one if there is none.
  Node node(std::string_view path);
  std::optional<Node> find(std::string_view path) const;
  const std::string& path(Node node) const { return *nodes_[node].path; }
  std::size_t node_count() const { return nodes_.size(); }

  // A phony step does nothing: its outputs stand for its inputs.
  Step add_step(bool is_phony);
  void add_input(Step step, Node input);
  void add_output(Step step, Node output);  // twice does the same as once

  // Returns the step that makes the node. None: no step does. If several do, returns the last that
  // was added.
  std::optional<Step> maker_of(Node node) const { return nodes_[node].maker; }
  // Whether a step that is not phony makes the node.
  bool is_made(Node node) const;
  // Whether a phony step makes the node, which may then be a name and no file.
  bool is_phony(Node node) const { return nodes_[node].maker && !is_made(node); }
  // Returns the outputs of phony steps that stand for this node alone.
  std::vector<Node> aliases_of(Node node) const;

  const std::vector<Step>& users_of(Node node) const { return nodes_[node].users; }
  const std::vector<Node>& inputs_of(Step step) const { return steps_[step].inputs; }
  const std::vector<Node>& outputs_of(Step step) const { return steps_[step].outputs; }

 private:
  struct NodeEntry {
    const std::string* path = nullptr;  // the key in numbers_
    std::vector<Step> users = {};
    std::optional<Step> maker = {};
  };
  struct StepEntry {
    bool is_phony = false;
    std::vector<Node> inputs = {};
    std::vector<Node> outputs = {};
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::vector<NodeEntry> nodes_;
  std::vector<StepEntry> steps_;
  std::unordered_map<std::string, Node, Hash, std::equal_to<>> numbers_;
};

// Says for each node of the graph whether `goal` is made from it. A node counts as made from
// itself.
std::vector<bool> leading_to(const BuildGraph& graph, BuildGraph::Node goal);

// Which causes reach a node. A cause is the change of a file that makes Ninja rebuild the node. The
// caller chooses a number for each cause.
class Reach {
 public:
  // If more causes than this reach a node, the node has only those that were spread first. So the
  // time is proportional to the size of the graph, however many causes there are.
  static constexpr std::size_t k_most_causes = 8;

  explicit Reach(const BuildGraph& graph) : graph_(graph), causes_(graph.node_count()) {}

  // The cause reaches `from` and everything that is made from it. To be called once for each cause
  // and node.
  void spread(std::uint32_t cause, BuildGraph::Node from);

  const std::vector<std::uint32_t>& causes_of(BuildGraph::Node node) const { return causes_[node]; }

 private:
  bool enter(std::uint32_t cause, BuildGraph::Node node);

  const BuildGraph& graph_;
  std::vector<std::vector<std::uint32_t>> causes_;
};

// Finds nodes of a graph by their paths.

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
