#include "cli/affected/ninja_build.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/affected/include_names.hpp"
#include "core/affected/ninja_tools.hpp"
#include "core/affected/path_pattern.hpp"
#include "core/base/printable.hpp"
#include "os/file/file_text.hpp"

namespace holdfast::cli {
namespace {

using Node = BuildGraph::Node;
using Step = BuildGraph::Step;
using Views = std::vector<std::string_view>;

constexpr std::size_t k_largest_source = 16 * 1024 * 1024;
constexpr std::size_t k_largest_depfile = 64 * 1024 * 1024;
// CMake's rule for add_custom_command().
constexpr std::string_view k_custom_rule = "CUSTOM_COMMAND";

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

std::vector<std::string> depfiles_in(const std::string& directory) {
  std::vector<std::string> files;
  const std::unique_ptr<DIR, CloseDirectory> opened(::opendir(directory.c_str()));
  while (const dirent* entry = opened == nullptr ? nullptr : ::readdir(opened.get())) {
    const std::string_view name = entry->d_name;
    if (name.ends_with(".d")) files.push_back(directory + "/" + entry->d_name);
  }
  return files;
}

// When a file was written last, in ns since 1970; none: it does not exist.
using Time = std::optional<std::int64_t>;

// `is_link`: it leads to a file.
Time time_of_file(const std::string& path, bool& is_link) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
  if (S_ISLNK(info.st_mode)) {
    if (::stat(path.c_str(), &info) != 0) return std::nullopt;
    is_link = !S_ISDIR(info.st_mode);
  }
  return info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
}

class Maker {
 public:
  Maker(const NinjaTree& tree, FileNames& names, const ChangedNames& changed)
      : tree_(tree), names_(names), changed_(changed) {
    build_.manifest = node(tree.manifest);
  }

  void add_graph(const NinjaGraph& graph) {
    for (const NinjaStep& ninjas : graph.steps) {
      if (is_there(graph, ninjas)) continue;  // two calls of Ninja show what both ask for
      if (ninjas.rule == "CLEAN" || ninjas.rule == "HELP") continue;  // they make nothing
      const Step step = build_.graph.add_step(ninjas.is_phony());
      std::vector<Node> inputs;
      for (const std::uint32_t input : ninjas.inputs) {
        inputs.push_back(add_input(step, graph.paths[input]));
      }
      for (const std::uint32_t output : ninjas.outputs) {
        build_.graph.add_output(step, node(graph.paths[output]));
      }
      note(step, ninjas, std::move(inputs));
    }
  }

  void add_record(const RecordedInputs& record) {
    const std::optional<Step> step = build_.graph.maker_of(node(record.output));
    if (!step || *step >= recorded_.size()) return;
    recorded_[*step] = record.is_stale ? Recorded::stale : Recorded::whole;
    for (const std::string_view path : record.inputs) add_input(*step, path);
  }

  // Ninja reads these files anew each time, and no tool of it shows what they say.
  void add_depfiles() {
    std::set<std::string> directories{tree_.directory + "/CMakeFiles/d"};
    for (const Step step : custom_) {
      for (const Node output : build_.graph.outputs_of(step)) {
        const std::string& path = build_.graph.path(output);
        directories.insert(path.substr(0, path.rfind('/')));
      }
    }
    for (const std::string& directory : directories) {
      for (const std::string& file : depfiles_in(directory)) add_depfile(file);
    }
  }

  void add_log(std::string_view text) {
    logged_.resize(build_.graph.node_count());
    for (const auto& [output, time] : read_ninja_log(text)) {
      if (const auto found = nodes_.find(output); found != nodes_.end()) {
        logged_[found->second] = time;
      }
    }
  }

  NinjaBuild finish() && {
    for (const auto& [step, kind] : steps_) doubt_step(step, kind);
    check_manifest();
    find_rewritten();
    follow_links();
    return std::move(build_);
  }

 private:
  bool is_there(const NinjaGraph& graph, const NinjaStep& step) {
    return !step.outputs.empty() &&
           build_.graph.maker_of(node(graph.paths[step.outputs.front()])).has_value();
  }

  enum class Kind : std::uint8_t { compile, custom, other };
  enum class Recorded : std::uint8_t { no, stale, whole };

  struct Seen {
    bool is_known = false;
    Time time = {};
  };

  // `path` must live as long as this object.
  Node node(std::string_view path) {
    const auto [found, is_new] = nodes_.emplace(path, 0);
    if (is_new) {
      found->second = build_.graph.node(names_.of(path));
      seen_.resize(build_.graph.node_count());
    }
    return found->second;
  }

  Node add_input(Step step, std::string_view path) {
    const Node input = node(path);
    build_.graph.add_input(step, input);
    for (const Node link : changed_links_on(path)) {
      if (link != input) build_.graph.add_input(step, link);
    }
    return input;
  }

  const std::vector<Node>& changed_links_on(std::string_view path) {
    const std::string_view key = changed_.links.empty() ? std::string_view() : path;
    const auto [found, is_new] = links_on_.try_emplace(key);
    if (!is_new || key.empty()) return found->second;
    for (const std::string& link : names_.links_on(path)) {
      if (changed_.links.contains(link)) found->second.push_back(build_.graph.node(link));
    }
    seen_.resize(build_.graph.node_count());
    return found->second;
  }

  Time time_of(Node node) {
    if (!seen_[node].is_known) {
      bool is_link = false;
      seen_[node] = {true, time_of_file(build_.graph.path(node), is_link)};
      if (is_link) links_.push_back(node);
    }
    return seen_[node].time;
  }

  // Also if it does not exist any more: Ninja would build anew then. What a step would make is in
  // doubt itself if it does not exist.
  bool is_newer(Node input, std::int64_t than) {
    const Time time = time_of(input);
    if (!time && build_.graph.maker_of(input)) return false;
    return (!time || *time > than) && !is_known_to_change(input);
  }

  // git does not know what a step makes, and so not whether it changed.
  bool is_known_to_change(Node node) const {
    const std::string& path = build_.graph.path(node);
    return changed_.files.contains(path) &&
           !(changed_.untracked.contains(path) && build_.graph.is_made(node));
  }

  // When the output was made. A custom command may leave it as it is, so that nothing is made anew
  // from it. What is compiled may be newer than what the compiler has read.
  Time made_at(Node output, Kind kind) {
    const Time time = time_of(output);
    const Time logged = logged_[output];
    if (!time || !logged) return time;
    return kind == Kind::custom ? logged : std::min(time, logged);
  }

  void doubt(Step step, const std::string& why) {
    for (const Node output : build_.graph.outputs_of(step)) build_.doubts.push_back({output, why});
  }

  void note(Step step, const NinjaStep& ninjas, std::vector<Node> inputs) {
    recorded_.resize(step + 1);
    if (ninjas.is_phony()) return;
    const bool is_custom = ninjas.rule == k_custom_rule;
    steps_.emplace_back(step, is_custom             ? Kind::custom
                              : ninjas.is_compile() ? Kind::compile
                                                    : Kind::other);
    if (ninjas.rule.starts_with("C_COMPILER__") || ninjas.rule.starts_with("CXX_COMPILER__")) {
      is_of_c_.insert(step);
    }
    if (steps_.back().second == Kind::compile) build_.compiled.insert(inputs.begin(), inputs.end());
    const std::vector<Node>& outputs = build_.graph.outputs_of(step);
    if (std::ranges::find(outputs, build_.manifest) != outputs.end()) {
      manifest_inputs_ = std::move(inputs);
    } else if (is_custom) {
      custom_.push_back(step);
    }
  }

  void add_depfile(const std::string& file) {
    const Result<std::string> text = os::read_file(file, k_largest_depfile);
    if (!text) return;
    for (DepfileRule& rule : read_depfile(*text)) {
      const DepfileRule& kept = depfile_rules_.emplace_back(std::move(rule));
      for (const std::string& output : kept.outputs) {
        const std::optional<Node> made = build_.graph.find(names_.of(output));
        if (!made || !is_custom(*made)) continue;
        add_record({output, false, Views(kept.inputs.begin(), kept.inputs.end())});
      }
    }
  }

  bool is_custom(Node made) const {
    const std::optional<Step> step = build_.graph.maker_of(made);
    return step && std::ranges::binary_search(custom_, *step);
  }

  void doubt_step(Step step, Kind kind) {
    Time made;  // the first of its outputs
    bool is_whole = true;
    for (const Node output : build_.graph.outputs_of(step)) {
      const Time time = made_at(output, kind);
      if (!time) build_.doubts.push_back({output, "is not built"});
      is_whole = is_whole && time;
      if (time && (!made || *time < *made)) made = time;
    }
    if (!made || kind == Kind::other) return;  // Ninja's graph has all that a link step reads
    // A custom step that runs each time may have an output that never exists.
    if (kind == Kind::compile) {
      if (!is_whole) return doubt(step, "is made with what is not built");
      if (recorded_[step] == Recorded::no) {
        return doubt(step, "was built, but Ninja has no record of its headers");
      }
      if (recorded_[step] == Recorded::stale) {
        return doubt(step, "is newer than Ninja's record of its headers");
      }
    }
    for (const Node input : build_.graph.inputs_of(step)) {
      if (!is_newer(input, *made)) continue;
      if (kind == Kind::compile && has_all_that_includes(step, input)) continue;
      return doubt(step, "is older than " + build_.graph.path(input));
    }
  }

  // Whether the compiler's record of what it has read for `step` has all files that `input`
  // includes now. Then the record is right, although the file was written since: by `git switch`,
  // say. A name that no file has leads nowhere.
  bool has_all_that_includes(Step step, Node input) {
    if (!is_of_c_.contains(step)) return false;
    const auto [found, is_new] = included_.try_emplace(input);
    if (is_new) found->second = included_by(build_.graph.path(input));
    if (!found->second) return false;
    return std::ranges::all_of(*found->second, [&](const std::string& end) {
      return has_input(step, end) || !is_a_file(end);
    });
  }

  bool has_input(Step step, const std::string& end) {
    if (step_of_inputs_ != step) {
      step_of_inputs_ = step;
      inputs_by_last_part_.clear();
      for (const Node input : build_.graph.inputs_of(step)) {
        const std::string& path = build_.graph.path(input);
        inputs_by_last_part_.emplace(last_part_of(path), path);
      }
    }
    const auto [first, last] = inputs_by_last_part_.equal_range(last_part_of(end));
    return std::any_of(first, last, [&](const auto& one) { return one.second.ends_with(end); });
  }

  // The ends of the paths of included files: `/a.h` for `a.h` and `../a.h`.
  static std::optional<std::vector<std::string>> included_by(const std::string& path) {
    const Result<std::string> text = os::read_file(path, k_largest_source);
    if (!text) return std::nullopt;
    const auto names = included_names(*text);
    if (!names) return std::nullopt;
    std::vector<std::string> ends;
    for (const std::string_view name : *names) ends.push_back(joined_path("/", name));
    return ends;
  }

  // Whether a file that Ninja or git knows has a path with this end.
  bool is_a_file(const std::string& end) {
    if (last_parts_.empty()) {
      for (Node node = 0; node < build_.graph.node_count(); ++node) {
        last_parts_.insert(last_part_of(build_.graph.path(node)));
      }
      for (const std::string& path : changed_.files) last_parts_.insert(last_part_of(path));
    }
    return last_parts_.contains(last_part_of(end));
  }

  static std::string_view last_part_of(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
  }

  // Whether CMake would configure the tree again before anything is built.
  void check_manifest() {
    const Time written = time_of(build_.manifest);
    for (const Node input : manifest_inputs_) {
      if (build_.graph.is_made(input) || !written || !is_newer(input, *written)) continue;
      build_.newer_than_manifest = build_.graph.path(input);
      return;
    }
  }

  void find_rewritten() {
    for (const std::string& path : changed_.untracked) {
      const std::optional<Node> node = build_.graph.find(path);
      if (node && build_.graph.is_made(*node) && is_newer_than_its_users(*node)) {
        build_.rewritten.insert(*node);
      }
    }
  }

  bool is_newer_than_its_users(Node node) {
    for (const Step step : build_.graph.users_of(node)) {
      const auto user = std::ranges::lower_bound(steps_, step, {}, &std::pair<Step, Kind>::first);
      if (user == steps_.end() || user->first != step) continue;  // phony
      for (const Node output : build_.graph.outputs_of(step)) {
        const Time made = made_at(output, user->second);
        if (made && is_newer(node, *made)) return true;
      }
    }
    return false;
  }

  // A source that is a link changes when the file changes to which it leads.
  void follow_links() {
    for (Node one = 0; one < seen_.size(); ++one) {
      if (!build_.graph.is_made(one)) time_of(one);
    }
    for (const Node link : links_) {
      if (build_.graph.is_made(link)) continue;
      const std::string target = names_.target_of(build_.graph.path(link));
      if (target.empty()) continue;
      const Step step = build_.graph.add_step(true);
      build_.graph.add_input(step, build_.graph.node(target));
      build_.graph.add_output(step, link);
    }
  }

  const NinjaTree& tree_;
  FileNames& names_;
  const ChangedNames& changed_;
  NinjaBuild build_;
  std::unordered_map<std::string_view, Node> nodes_;                  // by the paths that Ninja has
  std::unordered_map<std::string_view, std::vector<Node>> links_on_;  // likewise
  std::vector<Seen> seen_;                                            // one for each node
  std::vector<std::pair<Step, Kind>> steps_;                          // those that are not phony
  std::vector<Step> custom_;                                          // ascending
  std::vector<Recorded> recorded_;                                    // one for each step
  std::vector<Time> logged_;  // by node, what Ninja's log says of outputs
  std::vector<Node> manifest_inputs_;
  std::vector<Node> links_;
  std::vector<DepfileRule> depfile_rules_;
  std::unordered_set<Step> is_of_c_;
  // What files include: the ends of paths. None: it is not known.
  std::unordered_map<Node, std::optional<std::vector<std::string>>> included_;
  std::optional<Step> step_of_inputs_;
  std::unordered_multimap<std::string_view, std::string_view> inputs_by_last_part_;
  std::unordered_set<std::string_view> last_parts_;  // of the paths of all files that are known
};

}  // namespace

NinjaBuild make_build(const NinjaTree& tree, const NinjaTexts& texts, FileNames& names,
                      const ChangedNames& changed) {
  Maker maker(tree, names, changed);
  for (const std::string& text : texts.graphs) maker.add_graph(read_ninja_graph(text));
  read_ninja_deps(texts.deps, [&](const RecordedInputs& record) { maker.add_record(record); });
  maker.add_depfiles();
  maker.add_log(texts.log);
  return std::move(maker).finish();
}

}  // namespace holdfast::cli
