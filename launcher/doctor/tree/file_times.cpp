#include "doctor/tree/file_times.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

namespace holdfast::doctor {
namespace {

using Node = std::uint32_t;

class Times {
 public:
  Times(const NinjaTexts& texts, const NinjaNames& dirty, const TimeOf& time_of)
      : dirty_(dirty), logged_(read_ninja_log(texts.log)), time_of_(time_of) {
    for (const std::string& graph : texts.graphs) add(read_ninja_graph(graph));
    reasons_.resize(graph_.steps.size());
    read_ninja_deps(texts.deps, [&](const RecordedInputs& record) { add(record); });
  }

  bool is_old(const std::string& target) {
    const auto node = nodes_.find(target);
    return node != nodes_.end() && has_reason(node->second);
  }

 private:
  std::string_view path(Node node) const { return graph_.paths[node]; }

  Node node(std::string_view path) {
    const auto [node, is_new] = nodes_.emplace(path, static_cast<Node>(graph_.paths.size()));
    if (is_new) graph_.paths.push_back(path);
    return node->second;
  }

  // Two graphs may have a step in common.
  void add(const NinjaGraph& graph) {
    for (NinjaStep step : graph.steps) {
      for (Node& input : step.inputs) input = node(graph.paths[input]);
      for (Node& output : step.outputs) output = node(graph.paths[output]);
      if (step.outputs.empty() || makers_.contains(step.outputs.front())) continue;
      for (const Node output : step.outputs) makers_[output] = graph_.steps.size();
      graph_.steps.push_back(std::move(step));
    }
  }

  // Without a record that is whole, Ninja has said so.
  void add(const RecordedInputs& record) {
    const auto output = nodes_.find(record.output);
    if (record.is_stale || output == nodes_.end()) return;
    const auto maker = makers_.find(output->second);
    if (maker == makers_.end()) return;
    for (const std::string_view input : record.inputs) {
      graph_.steps[maker->second].inputs.push_back(node(input));
    }
  }

  std::int64_t time_of(Node node) {
    const auto [time, is_new] = times_.emplace(node, 0);
    if (is_new) time->second = time_of_(path(node));
    return time->second;
  }

  // A name that is no file has the time of what it stands for.
  std::int64_t input_time(Node node) {
    const std::int64_t time = time_of(node);
    const auto maker = makers_.find(node);
    if (time != 0 || maker == makers_.end() || !graph_.steps[maker->second].is_phony()) return time;
    std::int64_t newest = 0;
    for (const Node input : graph_.steps[maker->second].inputs) {
      newest = std::max(newest, input_time(input));
    }
    times_[node] = newest;
    return newest;
  }

  bool has_reason(Node node) {
    if (dirty_.contains(path(node))) return true;
    const auto maker = makers_.find(node);
    return maker != makers_.end() && has_reason(maker->second);
  }

  bool has_reason(std::size_t step) {
    if (reasons_[step]) return *reasons_[step];
    reasons_[step] = false;
    const NinjaStep& here = graph_.steps[step];
    // Each output of a step is as old as another.
    const auto is_reason = [&](Node node) { return dirty_.contains(path(node)); };
    const auto has = [&](Node input) { return has_reason(input); };
    reasons_[step] = std::ranges::any_of(here.outputs, is_reason) ||
                     std::ranges::any_of(here.inputs, has) || has_own_reason(here);
    return *reasons_[step];
  }

  bool has_own_reason(const NinjaStep& step) {
    // Ninja does not tell whether the input of such a step is order-only.
    const bool is_unsure =
        step.inputs.size() == 1 && step.outputs.size() == 1 && !step.is_compile();
    if (step.is_phony() || is_unsure) return false;
    std::int64_t newest = 0;
    for (const Node input : step.inputs) newest = std::max(newest, input_time(input));
    bool is_old = false;
    for (const Node output : step.outputs) {
      const auto logged = logged_.find(path(output));
      const std::int64_t made = time_of(output);
      if (made == 0 && logged != logged_.end()) return false;  // it runs in each build
      const std::int64_t since = logged == logged_.end() ? made : std::max(made, logged->second);
      is_old = is_old || since < newest || made == 0;
    }
    return is_old;
  }

  const NinjaNames& dirty_;
  NinjaGraph graph_;
  NinjaLog logged_;
  const TimeOf& time_of_;
  std::unordered_map<std::string_view, Node> nodes_;
  std::unordered_map<Node, std::size_t> makers_;
  std::unordered_map<Node, std::int64_t> times_;
  std::vector<std::optional<bool>> reasons_;  // by step; false also while the step is looked at
};

}  // namespace

std::vector<bool> are_old(const std::vector<std::string>& targets, const NinjaTexts& texts,
                          const NinjaNames& dirty, const TimeOf& time_of) {
  Times times(texts, dirty, time_of);
  std::vector<bool> old;
  for (const std::string& target : targets) old.push_back(times.is_old(target));
  return old;
}

}  // namespace holdfast::doctor
