#include "affected/build_graph.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "values/file_glob.hpp"

namespace holdfast {

BuildGraph::Node BuildGraph::node(std::string_view path) {
  if (const auto found = numbers_.find(path); found != numbers_.end()) return found->second;
  const auto number = static_cast<Node>(nodes_.size());
  const auto added = numbers_.emplace(std::string(path), number).first;
  nodes_.push_back({&added->first});
  return number;
}

std::optional<BuildGraph::Node> BuildGraph::find(std::string_view path) const {
  const auto found = numbers_.find(path);
  return found == numbers_.end() ? std::nullopt : std::optional<Node>(found->second);
}

BuildGraph::Step BuildGraph::add_step(bool is_phony) {
  steps_.push_back({is_phony});
  return static_cast<Step>(steps_.size() - 1);
}

void BuildGraph::add_input(Step step, Node input) {
  nodes_[input].users.push_back(step);
  steps_[step].inputs.push_back(input);
}

void BuildGraph::add_output(Step step, Node output) {
  if (nodes_[output].maker == step) return;
  steps_[step].outputs.push_back(output);
  nodes_[output].maker = step;
}

bool BuildGraph::is_made(Node node) const {
  const std::optional<Step>& maker = nodes_[node].maker;
  return maker && !steps_[*maker].is_phony;
}

std::vector<BuildGraph::Node> BuildGraph::aliases_of(Node node) const {
  std::vector<Node> aliases;
  for (const Step user : nodes_[node].users) {
    const StepEntry& step = steps_[user];
    if (step.is_phony && step.inputs.size() == 1) {
      aliases.insert(aliases.end(), step.outputs.begin(), step.outputs.end());
    }
  }
  return aliases;
}

std::vector<bool> leading_to(const BuildGraph& graph, BuildGraph::Node goal) {
  std::vector<bool> leads(graph.node_count());
  leads[goal] = true;
  std::vector<BuildGraph::Node> open{goal};
  for (std::size_t i = 0; i < open.size(); ++i) {
    const std::optional<BuildGraph::Step> maker = graph.maker_of(open[i]);
    if (!maker) continue;
    for (const BuildGraph::Node input : graph.inputs_of(*maker)) {
      if (leads[input]) continue;
      leads[input] = true;
      open.push_back(input);
    }
  }
  return leads;
}

bool Reach::enter(std::uint32_t cause, BuildGraph::Node node) {
  std::vector<std::uint32_t>& causes = causes_[node];
  // Whatever is made from this node has these causes already.
  if (causes.size() == k_most_causes || std::ranges::find(causes, cause) != causes.end()) {
    return false;
  }
  causes.push_back(cause);
  return true;
}

void Reach::spread(std::uint32_t cause, BuildGraph::Node from) {
  enter(cause, from);
  std::vector<BuildGraph::Node> open{from};
  for (std::size_t i = 0; i < open.size(); ++i) {
    for (const BuildGraph::Step step : graph_.users_of(open[i])) {
      for (const BuildGraph::Node output : graph_.outputs_of(step)) {
        if (enter(cause, output)) open.push_back(output);
      }
    }
  }
}

PathIndex::PathIndex(const BuildGraph& graph) : graph_(graph) {
  for (Node node = 0; node < graph.node_count(); ++node) by_path_.push_back(node);
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
  if (is_pattern(last)) {
    std::ranges::for_each(by_path_, add);
    return found;
  }
  auto at = std::ranges::lower_bound(by_last_part_, last, {},
                                     [this](Node node) { return last_part(node); });
  for (; at != by_last_part_.end() && last_part(*at) == last; ++at) add(*at);
  return found;
}

}  // namespace holdfast
