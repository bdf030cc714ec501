#include "affected/ninja_build.hpp"

#include <sys/stat.h>
#include <algorithm>
#include <filesystem>
#include <system_error>

#include "affected/include_names.hpp"
#include "affected/step_commands.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::cli {
namespace {

using Node = BuildGraph::Node;
using Step = BuildGraph::Step;
using Views = std::vector<std::string_view>;

constexpr std::size_t k_largest_depfile = 64 * 1024 * 1024;
// CMake's rule for add_custom_command().
constexpr std::string_view k_custom_rule = "CUSTOM_COMMAND";

// By the names that files have here.
VerifiedGlobs globs_of(const std::string& tree, FileNames& names) {
  const Result<std::string> text =
      os::read_file(tree + "/CMakeFiles/VerifyGlobs.cmake", k_largest_depfile);
  if (!text) return {};  // no list of the project depends on which files there are
  VerifiedGlobs globs = read_verified_globs(*text);
  for (std::string& pattern : globs.patterns) {
    const std::size_t slash = pattern.substr(0, pattern.find_first_of(k_wildcards)).rfind('/');
    if (slash == std::string::npos) continue;
    pattern = names.of(pattern.substr(0, slash) + "/.") + pattern.substr(slash);
  }
  std::set<std::string, std::less<>> listed;
  for (const std::string& path : globs.listed) listed.insert(names.of(path));
  globs.listed = std::move(listed);
  return globs;
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
  // `commands` are those of all steps (`-t compdb`). Empty: Ninja cannot print them.
  Maker(const doctor::NinjaTree& tree, std::string commands, FileNames& names,
        const ChangedNames& changed)
      : tree_(tree), commands_(std::move(commands)), names_(names), changed_(changed) {
    build_.manifest = node(tree.manifest);
    build_.globs = globs_of(tree.directory, names);
  }

  void add_graph(const NinjaGraph& graph) {
    for (const NinjaStep& ninjas : graph.steps) {
      if (ninjas.rule == "CLEAN" || ninjas.rule == "HELP") continue;  // they make nothing
      const Step step = build_.graph.add_step(ninjas.is_phony());
      std::vector<Node> inputs;
      for (const std::string_view input : ninjas.inputs) {
        inputs.push_back(node(input));
        add_input(step, inputs.back(), input);
      }
      for (const std::string_view output : ninjas.outputs) {
        build_.graph.add_output(step, node(output));
      }
      note(step, ninjas, std::move(inputs));
    }
  }

  void add_record(const RecordedInputs& record) {
    const std::optional<Step> step = build_.graph.maker_of(node(record.output));
    if (!step) return;
    steps_[*step].recorded = record.is_stale ? Recorded::stale : Recorded::whole;
    for (const std::string_view path : record.inputs) add_input(*step, node(path), path);
  }

  // Ninja reads these files anew each time, and no tool of it shows what they say.
  void add_depfiles() {
    std::set<std::string> directories{tree_.directory + "/CMakeFiles/d"};
    for (Step step = 0; step < steps_.size(); ++step) {
      if (!is_custom(step)) continue;
      for (const Node output : build_.graph.outputs_of(step)) {
        const std::string& path = build_.graph.path(output);
        directories.insert(path.substr(0, path.rfind('/')));
      }
    }
    for (const std::string& directory : directories) {
      std::error_code failed;
      for (std::filesystem::directory_iterator entry(directory, failed), end;
           !failed && entry != end; entry.increment(failed)) {
        const std::string file = entry->path().string();
        if (file.ends_with(".d")) add_depfile(file);
      }
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
    build_.is_unbuilt = is_nothing_compiled();
    for (Step step = 0; step < steps_.size(); ++step) {
      if (steps_[step].kind == Kind::compile) check_record(step);
      if (is_custom(step)) doubt_custom(step);
    }
    read_sources();
    read_custom_commands();
    check_manifest();
    find_rewritten();
    follow_links();
    return std::move(build_);
  }

 private:
  enum class Kind : std::uint8_t { phony, compile, custom, other };
  enum class Recorded : std::uint8_t { no, stale, whole };
  struct StepFacts {
    Kind kind = Kind::phony;
    bool is_of_c = false;
    Recorded recorded = Recorded::no;
  };

  // `path` must live as long as this object.
  Node node(std::string_view path) {
    const auto [found, is_new] = nodes_.emplace(path, 0);
    if (is_new) found->second = build_.graph.node(names_.of(path));
    return found->second;
  }

  // Adds the changed links, too, through which the path of the input leads.
  void add_input(Step step, Node input, std::string_view path) {
    build_.graph.add_input(step, input);
    if (changed_.links.empty()) return;
    const auto [links, is_new] = links_on_.try_emplace(std::string(path));
    if (is_new) {
      for (const std::string& link : names_.links_on(path)) {
        if (changed_.links.contains(link)) links->second.push_back(build_.graph.node(link));
      }
    }
    for (const Node link : links->second) {
      if (link != input) build_.graph.add_input(step, link);
    }
  }

  Time time_of(Node node) {
    if (node >= seen_.size()) seen_.resize(build_.graph.node_count());
    if (!seen_[node]) {
      bool is_link = false;
      seen_[node].emplace(time_of_file(build_.graph.path(node), is_link));
      if (is_link) links_.push_back(node);
    }
    return *seen_[node];
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
    StepFacts& facts = steps_.emplace_back();
    if (ninjas.is_phony()) return;
    facts.kind = ninjas.rule == k_custom_rule ? Kind::custom
                 : ninjas.is_compile()        ? Kind::compile
                                              : Kind::other;
    facts.is_of_c =
        ninjas.rule.starts_with("C_COMPILER__") || ninjas.rule.starts_with("CXX_COMPILER__");
    const std::vector<Node>& outputs = build_.graph.outputs_of(step);
    if (facts.kind == Kind::compile) {
      if (!inputs.empty()) build_.compiled.insert(inputs.front());  // others are made before it
      build_.objects.insert(outputs.begin(), outputs.end());
    }
    if (std::ranges::find(outputs, build_.manifest) != outputs.end()) {
      manifest_inputs_ = std::move(inputs);
    }
  }

  void add_depfile(const std::string& file) {
    const Result<std::string> text = os::read_file(file, k_largest_depfile);
    if (!text) return;
    for (DepfileRule& rule : read_depfile(*text)) {
      const DepfileRule& kept = depfile_rules_.emplace_back(std::move(rule));
      for (const std::string& output : kept.outputs) {
        if (!is_custom(maker_of(output))) continue;
        add_record({output, false, Views(kept.inputs.begin(), kept.inputs.end())});
      }
    }
  }

  // The step that makes the file.
  std::optional<Step> maker_of(std::string_view path) {
    const std::optional<Node> made = build_.graph.find(names_.of(path));
    return made ? build_.graph.maker_of(*made) : std::nullopt;
  }

  bool is_custom(const std::optional<Step>& step) const {
    return step && steps_[*step].kind == Kind::custom;
  }

  // `name` is one of FileNames.
  bool is_made(const std::string& name) const {
    const std::optional<Node> node = build_.graph.find(name);
    return node && build_.graph.is_made(*node);
  }

  // Whether there are compile steps, and none of their outputs.
  bool is_nothing_compiled() {
    bool has_compile = false;
    for (Step step = 0; step < steps_.size(); ++step) {
      if (steps_[step].kind != Kind::compile) continue;
      has_compile = true;
      for (const Node output : build_.graph.outputs_of(step)) {
        if (time_of(output)) return false;
      }
    }
    return has_compile;
  }

  // A custom step that runs each time may have an output that never exists. Ninja's graph has all
  // that a link step reads.
  void doubt_custom(Step step) {
    Time made;  // the first of its outputs
    for (const Node output : build_.graph.outputs_of(step)) {
      const Time time = made_at(output, Kind::custom);
      if (!time && !is_name_of_target(output)) build_.doubts.push_back({output, "is not built"});
      if (time && (!made || *time < *made)) made = time;
    }
    if (!made) return;
    for (const Node input : build_.graph.inputs_of(step)) {
      if (is_newer(input, *made)) {
        return doubt(step, "is older than " + build_.graph.path(input));
      }
    }
  }

  // add_custom_target() has an output that never becomes a file.
  bool is_name_of_target(Node output) const {
    const std::string& path = build_.graph.path(output);
    return path.ends_with(".util") || path.substr(0, path.rfind('/')).ends_with("/CMakeFiles");
  }

  // Notes the step if it is not certain what its compiler would read now.
  void check_record(Step step) {
    Time made;
    for (const Node output : build_.graph.outputs_of(step)) {
      const Time time = made_at(output, Kind::compile);
      if (!time) return note_unread(step, "is not built");
      if (!made || *time < *made) made = time;
    }
    if (const Recorded recorded = steps_[step].recorded; recorded != Recorded::whole) {
      return note_unread(step, recorded == Recorded::no
                                   ? "was built, but Ninja has no record of its headers"
                                   : "is newer than Ninja's record of its headers");
    }
    for (const Node input : build_.graph.inputs_of(step)) {
      if (made && is_newer(input, *made)) {
        return note_unread(step, "is older than " + build_.graph.path(input));
      }
    }
  }

  void note_unread(Step step, std::string why) { unread_.emplace(step, std::move(why)); }

  // Adds what the sources include by their texts. Where a text does not say it, the outputs are in
  // doubt.
  void read_sources() {
    if (unread_.empty()) return;
    IncludedFiles included(names_, [this](const std::string& name) {
      return is_made(name) || changed_.files.contains(name);
    });
    const auto is_needed = [this](std::string_view output) {
      const std::optional<Step> step = maker_of(output);
      return step && unread_.contains(*step) && steps_[*step].is_of_c;
    };
    for (CompileCommand& command : read_compile_commands(commands_, tree_.directory, is_needed)) {
      if (command.is_elsewhere) continue;
      const Step step = *maker_of(command.output);
      for (std::string& directory : command.directories) directory = names_.of(directory + "/.");
      std::vector<std::string> files;
      for (const std::string& file : command.files) {
        // It names its output, too, and the compiler.
        const std::string name = names_.of(file);
        if (is_named_like_source(name) && !is_made(name)) files.push_back(name);
      }
      for (const Node input : build_.graph.inputs_of(step)) {
        if (build_.compiled.contains(input)) files.push_back(build_.graph.path(input));
      }
      const auto all = included.of(files, command.directories);
      if (!all) continue;
      for (const std::string& path : *all) {
        add_input(step, build_.graph.node(names_.of(path)), path);
      }
      unread_.erase(step);
    }
    for (const auto& [step, why] : unread_) doubt(step, why);
  }

  // A custom command that names a file reads it, or starts it, though Ninja may not know that: it
  // only makes a program before it, without DEPENDS.
  void read_custom_commands() {
    const auto is_needed = [&](std::string_view output) { return is_custom(maker_of(output)); };
    for (const NamedPaths& named : read_named_paths(commands_, tree_.directory, is_needed)) {
      const Step step = *maker_of(named.output);
      for (const std::string& path : named.paths) add_named(step, names_.of(path));
    }
  }

  void add_named(Step step, const std::string& name) {
    if (is_made(name) ? maker_of(name) == step : !changed_.files.contains(name)) return;
    add_input(step, build_.graph.node(name), name);
  }

  // Whether CMake would configure the tree again before anything is built.
  void check_manifest() {
    const std::int64_t written = time_of(build_.manifest).value_or(0);
    for (const Node input : manifest_inputs_) {
      if (build_.graph.is_made(input) || !is_newer(input, written)) continue;
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
      if (steps_[step].kind == Kind::phony) continue;
      for (const Node output : build_.graph.outputs_of(step)) {
        const Time made = made_at(output, steps_[step].kind);
        if (made && is_newer(node, *made)) return true;
      }
    }
    return false;
  }

  // A source that is a link changes when the file changes to which it leads.
  void follow_links() {
    for (Node one = 0; one < build_.graph.node_count(); ++one) {
      if (!build_.graph.is_made(one)) time_of(one);
    }
    for (const Node link : links_) {
      if (build_.graph.is_made(link)) continue;
      const std::string target = names_.target_of(build_.graph.path(link));
      const Step step = build_.graph.add_step(true);
      build_.graph.add_input(step, build_.graph.node(target));
      build_.graph.add_output(step, link);
    }
  }

  const doctor::NinjaTree& tree_;
  const std::string commands_;
  FileNames& names_;
  const ChangedNames& changed_;
  NinjaBuild build_;
  std::unordered_map<std::string_view, Node> nodes_;             // by the paths that Ninja has
  std::unordered_map<std::string, std::vector<Node>> links_on_;  // by any path
  std::vector<std::optional<Time>> seen_;  // one for each node; none: not looked at
  std::vector<StepFacts> steps_;           // one for each step of Ninja
  std::vector<Time> logged_;               // by node, what Ninja's log says of outputs
  std::vector<Node> manifest_inputs_;
  std::vector<Node> links_;
  std::vector<DepfileRule> depfile_rules_;
  // Of compile steps of which it is not certain what they read: why.
  std::map<Step, std::string> unread_;
};

}  // namespace

NinjaBuild make_build(const doctor::NinjaTree& tree, const doctor::NinjaTexts& texts,
                      FileNames& names, const ChangedNames& changed) {
  const Result<std::string> commands = doctor::ask_ninja_tool(tree, {"compdb"});
  Maker maker(tree, commands ? *commands : std::string(), names, changed);
  NinjaGraph graph;
  for (const std::string& text : texts.graphs) add_ninja_graph(text, graph);
  maker.add_graph(graph);
  read_ninja_deps(texts.deps, [&](const RecordedInputs& record) { maker.add_record(record); });
  maker.add_depfiles();
  maker.add_log(texts.log);
  return std::move(maker).finish();
}

}  // namespace holdfast::cli
