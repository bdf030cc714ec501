#include "doctor/tree/build.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <span>
#include <system_error>
#include <unordered_set>

#include "base/text.hpp"

namespace holdfast::doctor {
namespace {

class Times {
 public:
  Times(const NinjaTexts& texts, const NinjaNames& dirty, const TimeOf& time_of)
      : dirty_(dirty), logged_(read_ninja_log(texts.log)), time_of_(time_of) {
    for (const std::string& graph : texts.graphs) add_ninja_graph(graph, graph_);
    reasons_.resize(graph_.steps.size());
    read_ninja_deps(texts.deps, [&](const RecordedInputs& record) { add(record); });
  }

  bool has_reason(std::string_view path) {
    if (dirty_.contains(path)) return true;
    const auto maker = graph_.makers.find(path);
    return maker != graph_.makers.end() && has_reason(maker->second);
  }

 private:
  // Without a record that is whole, Ninja has said so.
  void add(const RecordedInputs& record) {
    const auto maker = graph_.makers.find(record.output);
    if (record.is_stale || maker == graph_.makers.end()) return;
    std::vector<std::string_view>& inputs = graph_.steps[maker->second].inputs;
    inputs.insert(inputs.end(), record.inputs.begin(), record.inputs.end());
  }

  std::int64_t time_of(std::string_view path) {
    const auto [time, is_new] = times_.emplace(path, 0);
    if (is_new) time->second = time_of_(path);
    return time->second;
  }

  // A name that is no file has the time of what it stands for.
  std::int64_t input_time(std::string_view path) {
    const std::int64_t time = time_of(path);
    const auto maker = graph_.makers.find(path);
    if (time != 0 || maker == graph_.makers.end() || !graph_.steps[maker->second].is_phony())
      return time;
    return times_[path] = newest_input(graph_.steps[maker->second]);
  }

  std::int64_t newest_input(const NinjaStep& step) {
    std::int64_t newest = 0;
    for (const std::string_view input : step.inputs) newest = std::max(newest, input_time(input));
    return newest;
  }

  bool has_reason(std::size_t step) {
    if (reasons_[step]) return *reasons_[step];
    reasons_[step] = false;
    const NinjaStep& here = graph_.steps[step];
    // Each output of a step is as old as another.
    const auto is_reason = [&](std::string_view path) { return dirty_.contains(path); };
    const auto has = [&](std::string_view path) { return has_reason(path); };
    reasons_[step] = std::ranges::any_of(here.outputs, is_reason) ||
                     std::ranges::any_of(here.inputs, has) || has_own_reason(here);
    return *reasons_[step];
  }

  bool has_own_reason(const NinjaStep& step) {
    // Ninja does not tell whether the input of such a step is order-only.
    const bool is_unsure =
        step.inputs.size() == 1 && step.outputs.size() == 1 && !step.is_compile();
    if (step.is_phony() || is_unsure) return false;
    const std::int64_t newest = newest_input(step);
    bool is_old = false;
    for (const std::string_view output : step.outputs) {
      const auto logged = logged_.find(output);
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
  std::unordered_map<std::string_view, std::int64_t> times_;
  std::vector<std::optional<bool>> reasons_;  // by step; false also while the step is looked at
};

// What is between the two in a sentence of Ninja; `end` is looked for from the end.
std::optional<std::string_view> between(std::string_view sentence, std::string_view begin,
                                        std::string_view end) {
  const std::size_t first = sentence.find(begin);
  if (first == std::string_view::npos) return std::nullopt;
  sentence.remove_prefix(first + begin.size());
  const std::size_t last = end.empty() ? sentence.size() : sentence.rfind(end);
  if (last == std::string_view::npos) return std::nullopt;
  return sentence.substr(0, last);
}

constexpr std::string_view k_older = " older than most recent input ";

// The file of which a sentence tells. Each form is that of a sentence in Ninja 1.10 to 1.13.
std::optional<std::string_view> dirty_file_in(std::string_view reason) {
  constexpr std::array<std::array<std::string_view, 2>, 9> k_forms{{
      {"output ", " doesn't exist"},
      {"output ", k_older},
      {"recorded mtime of ", k_older},
      {"command line changed for ", ""},
      {"command line not found in log for ", ""},
      {"deps for '", "' are missing"},
      {"stored deps info out of date for '", "' ("},
      {"stored deps info out of date for ", " ("},
      {"to mention '", "', got '"},
  }};
  for (const auto& [begin, end] : k_forms) {
    if (const auto file = between(reason, begin, end)) return file;
  }
  constexpr std::string_view k_missing = " has no in-edge and is missing";
  if (!reason.ends_with(k_missing)) return std::nullopt;
  return reason.substr(0, reason.size() - k_missing.size());
}

namespace fs = std::filesystem;

// Bytes of targets in one call: execve(2) takes two million, and the environment needs some.
constexpr std::size_t k_most_words = 1'000'000;

using ProgramSpan = std::span<const MadeProgram>;

// The names that Ninja may have for a file. ctest names it as CMake was told, perhaps through a
// link, and the path of the tree has no link.
std::vector<std::string> names_for_ninja(const fs::path& file, const std::string& tree) {
  std::error_code failed;
  const fs::path directory = fs::canonical(file.parent_path(), failed);
  const fs::path real = failed ? file : directory / file.filename();
  return {file.lexically_relative(tree).lexically_normal().string(),
          real.lexically_relative(tree).string(), file.string()};
}

// Those of the programs that Ninja makes.
std::vector<MadeProgram> made_among(const std::vector<std::string>& programs,
                                    const BuildOrder& order,
                                    const std::unordered_set<std::string_view>& outputs) {
  std::vector<MadeProgram> made;
  for (const std::string& path : programs) {
    const std::vector<std::string> names = names_for_ninja(path, order.ninja.directory);
    const auto name =
        std::ranges::find_if(names, [&](const std::string& one) { return outputs.contains(one); });
    if (name != names.end()) made.push_back({path, *name});
  }
  return made;
}

class BuildLook {
 public:
  explicit BuildLook(const BuildOrder& order) : order_(order), tree_(order.ninja) {}

  Build look() && {
    if (const Result<void> looked = look_at_all(); !looked)
      build_.trouble = to_text(looked.error());
    return std::move(build_);
  }

 private:
  Result<void> look_at_all() {
    HOLDFAST_TRY(const std::string targets, ask_ninja_tool(tree_, {"targets", "all"}));
    const std::vector<std::string_view> names = read_ninja_targets(targets);
    const std::unordered_set<std::string_view> outputs(names.begin(), names.end());
    log_ = read_ninja_log_of(tree_);
    logged_ = read_ninja_log(log_);
    if (outputs.contains("build.ninja")) {
      HOLDFAST_TRY(Reasons reasons, reasons_for(std::vector<MadeProgram>{{"", "build.ninja"}}));
      build_.configure = std::move(reasons.all);
    }
    build_.missing = made_among(order_.missing, order_, outputs);
    const std::vector<MadeProgram> programs = made_among(order_.programs, order_, outputs);
    HOLDFAST_TRY(const Reasons reasons, reasons_for(programs));
    const bool is_well = reasons.all.empty() && !reasons.has_others;
    return is_well ? Result<void>() : find_old(programs, reasons);
  }

  // As many as fit into one call.
  static ProgramSpan take_some(ProgramSpan& rest) {
    std::size_t count = 0;
    for (std::size_t size = 0; count < rest.size() && size < k_most_words; ++count) {
      size += rest[count].target.size() + 1;
    }
    const ProgramSpan some = rest.first(count);
    rest = rest.subspan(count);
    return some;
  }

  Result<Reasons> reasons_for(ProgramSpan programs) {
    Reasons reasons;
    while (!programs.empty()) {
      const auto targets = collected(take_some(programs), &MadeProgram::target);
      HOLDFAST_TRY(const std::string explained, ask_ninja_why(tree_, targets));
      read_reasons(explained, logged_, reasons);
    }
    for (const std::string& file : reasons.newer) build_.newer.push_back(in_tree(file));
    return reasons;
  }

  Result<void> find_old(const std::vector<MadeProgram>& programs, const Reasons& reasons) {
    HOLDFAST_TRY(const NinjaTexts texts, ask_ninja(tree_));
    const std::vector<bool> old =
        are_old(collected(programs, &MadeProgram::target), texts, reasons.dirty,
                [&](std::string_view path) { return time_of(path); });
    for (std::size_t i = 0; i < programs.size(); ++i) {
      if (old[i]) build_.old.push_back(programs[i]);
    }
    std::ranges::sort(build_.old, {}, &MadeProgram::path);
    if (reasons.is_unclear) build_.unseen = programs.size() - build_.old.size();
    return {};
  }

  std::int64_t time_of(std::string_view path) const {
    const std::string file = in_tree(path);
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) return 0;
    return std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  }

  std::string in_tree(std::string_view path) const {
    return path.starts_with('/') ? std::string(path) : text_of({tree_.directory, "/", path});
  }

  const BuildOrder& order_;
  const NinjaTree& tree_;
  std::string log_;
  NinjaLog logged_;  // parts of log_
  Build build_;
};

}  // namespace

std::vector<bool> are_old(const std::vector<std::string>& targets, const NinjaTexts& texts,
                          const NinjaNames& dirty, const TimeOf& time_of) {
  Times times(texts, dirty, time_of);
  return collected(targets, [&](const std::string& target) { return times.has_reason(target); });
}

void read_reasons(std::string_view explained, const NinjaLog& logged, Reasons& reasons) {
  for (std::string_view reason : TextParts{explained, '\n'}) {
    if (!take_words(reason, "ninja explain: ") || reason.ends_with(" is dirty")) continue;
    const std::optional<std::string_view> file = dirty_file_in(reason);
    const bool is_missing = file && reason.ends_with(" doesn't exist");
    if (is_missing &&
        (file->ends_with(" of phony edge with no inputs") || logged.contains(*file))) {
      reasons.has_others = true;
      continue;
    }
    reasons.all.emplace_back(reason);
    if (file) reasons.dirty.emplace(*file);
    reasons.is_unclear = reasons.is_unclear || !file;
    if (const auto newer = between(reason, k_older, " (")) reasons.newer.emplace_back(*newer);
  }
}

Build look_at_build(const BuildOrder& order) { return BuildLook(order).look(); }

Findings check_build(const BuildOrder& order, const Build& build, const TestsOfProgram& tests_of) {
  Findings all;
  const std::string tree = for_shell(order.ninja.directory);
  const std::string file = order.ninja.directory + "/" + order.ninja.manifest;
  if (!build.trouble.empty()) {
    all.push_back({Kind::build_unknown,
                   "whether programs are older than their sources is not known: " + build.trouble,
                   file, "see what Ninja says",
                   fmt::format("{} -C {} -n", for_shell(order.ninja.program), tree)});
  }
  if (!build.configure.empty()) {
    all.push_back({Kind::configure_again,
                   "the tree has to be configured again: " + build.configure.front(), file,
                   "build the tree: it configures itself", "cmake --build " + tree});
  }
  for (const MadeProgram& one : build.old) {
    all.push_back({Kind::program_old,
                   fmt::format("{}: the program is older than its sources: {}",
                               some_of(tests_of(one.path)), one.path),
                   one.path, "build it", order.command, one.target});
  }
  return all;
}

}  // namespace holdfast::doctor
