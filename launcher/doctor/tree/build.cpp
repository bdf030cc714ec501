#include "doctor/tree/build.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "core/base/parts.hpp"
#include "core/base/printable.hpp"
#include "doctor/tree/file_times.hpp"
#include "os/file/file_text.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::doctor {
namespace {

constexpr std::string_view k_explains = "ninja explain: ";

// The output of which this sentence says that it does not exist.
std::optional<std::string_view> missing_output_in(std::string_view reason) {
  constexpr std::string_view k_begin = "output ";
  constexpr std::string_view k_end = " doesn't exist";
  if (!reason.starts_with(k_begin) || !reason.ends_with(k_end)) return std::nullopt;
  reason.remove_prefix(k_begin.size());
  reason.remove_suffix(k_end.size());
  return reason;
}

// The input of `output a older than most recent input b (1 vs 2)`; empty: the sentence is another.
std::string newer_input_in(std::string_view reason) {
  constexpr std::string_view k_before = " older than most recent input ";
  const std::size_t at = reason.find(k_before);
  if (at == std::string_view::npos) return {};
  reason.remove_prefix(at + k_before.size());
  return std::string(reason.substr(0, reason.rfind(" (")));
}

namespace fs = std::filesystem;

constexpr std::size_t k_no_bound = std::numeric_limits<std::size_t>::max();
// Bytes of targets in one call: execve(2) takes two million, and the environment needs some.
constexpr std::size_t k_most_words = 1'000'000;

using Names = std::set<std::string, std::less<>>;
using ProgramSpan = std::span<const MadeProgram>;

// What went wrong, of all that Ninja said. It may show the place in its file after that.
std::string error_in(const std::string& said) {
  const std::size_t at = said.rfind("ninja: error: ");
  return at == std::string::npos ? said : said.substr(at, said.find('\n', at) - at);
}

class Ninja {
 public:
  explicit Ninja(const BuildOrder& order) : order_(order) {}

  // Return what Ninja prints: on stdout, and on stderr. Nothing: Ninja failed, and trouble() says
  // why.
  std::optional<std::string> output(const std::vector<std::string>& words) {
    return run(words, {order_.ninja});
  }
  std::optional<std::string> explanation(const std::vector<std::string>& words) {
    return run(words, {"/bin/sh", "-c", "exec \"$0\" \"$@\" 2>&1 >/dev/null", order_.ninja});
  }

  const std::string& trouble() const { return trouble_; }

 private:
  std::optional<std::string> run(const std::vector<std::string>& words,
                                 std::vector<std::string> program) {
    os::BoundedOrder call;
    call.words = std::move(program);
    // Ninja first makes its own file anew, if it is a target. With -n it only says so and stops. A
    // file that includes the other one is no target.
    call.words.insert(call.words.end(), {"-f", "/proc/self/fd/0"});
    call.words.insert(call.words.end(), words.begin(), words.end());
    call.input = "include " + order_.file + "\n";
    call.directory = order_.tree;
    call.time = order_.patience;
    call.most_output = k_no_bound;
    call.errors_apart = true;
    call.environment = os::own_environment();
    std::erase_if(call.environment, [](const std::string& variable) {
      return variable.starts_with("NINJA_STATUS=");
    });
    call.environment.emplace_back("NINJA_STATUS=");
    os::BoundedEnd end = os::run_bounded(call);
    if (end.kind == os::BoundedEnd::Kind::exited && end.code == 0) return std::move(end.output);
    end.output = error_in(end.errors.empty() ? end.output : end.errors);
    trouble_ = os::trouble_with("ninja " + words[0], end);
    return std::nullopt;
  }

  const BuildOrder& order_;
  std::string trouble_;
};

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
    const std::vector<std::string> names = names_for_ninja(path, order.tree);
    const auto name =
        std::ranges::find_if(names, [&](const std::string& one) { return outputs.contains(one); });
    if (name != names.end()) made.push_back({path, *name});
  }
  return made;
}

class BuildLook {
 public:
  explicit BuildLook(const BuildOrder& order) : order_(order), ninja_(order) {}

  Build look() && {
    const auto targets = ninja_.output({"-t", "targets", "all"});
    if (!targets) return give_up();
    const std::vector<std::string_view> names = read_ninja_targets(*targets);
    const std::unordered_set<std::string_view> outputs(names.begin(), names.end());
    if (Result<std::string> log = os::read_file(order_.tree + "/.ninja_log", k_no_bound)) {
      log_ = *std::move(log);
    }
    logged_ = read_ninja_log(log_);
    if (outputs.contains("build.ninja") && !look_at_configuration()) return give_up();
    build_.missing = made_among(order_.missing, order_, outputs);
    const std::vector<MadeProgram> programs = made_among(order_.programs, order_, outputs);
    for (ProgramSpan rest = programs; !rest.empty();) {
      if (!look_at(take_some(rest))) return give_up();
    }
    std::ranges::sort(build_.old, {}, &MadeProgram::path);
    return std::move(build_);
  }

 private:
  Build give_up() {
    build_.trouble = ninja_.trouble();
    return std::move(build_);
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

  std::optional<Reasons> reasons_for(ProgramSpan programs) {
    std::vector<std::string> words{"-n", "-d", "explain"};
    for (const MadeProgram& one : programs) words.push_back(one.target);
    const auto explained = ninja_.explanation(words);
    if (!explained) return std::nullopt;
    return reasons_in(*explained, logged_);
  }

  void note_newer(const Reasons& reasons) {
    for (const std::string& file : reasons.newer) {
      build_.newer.push_back(in_tree(file));
    }
  }

  // The functions from here on return false if Ninja failed.
  bool look_at_configuration() {
    const std::vector<MadeProgram> file{{"", "build.ninja"}};
    std::optional<Reasons> reasons = reasons_for(file);
    if (!reasons) return false;
    note_newer(*reasons);
    build_.configure = std::move(reasons->all);
    return true;
  }

  bool look_at(ProgramSpan programs) {
    const std::optional<Reasons> reasons = reasons_for(programs);
    if (!reasons) return false;
    if (reasons->all.empty() && !reasons->has_others) return true;
    note_newer(*reasons);
    std::optional<Candidates> candidates = those_that_would_be_made(programs);
    if (!candidates) return false;
    if (!reasons->has_others) {
      std::ranges::move(candidates->made, std::back_inserter(build_.old));
      return search(candidates->unknown);
    }
    // Where a step runs each time, Ninja may believe of any program that it depends on what the
    // step makes.
    std::ranges::move(candidates->made, std::back_inserter(candidates->unknown));
    if (!compare_times(candidates->unknown)) return false;
    return reasons->all.empty() || search(candidates->unknown);
  }

  struct Candidates {
    std::vector<MadeProgram> made;     // Ninja would make them
    std::vector<MadeProgram> unknown;  // nothing is known of them
  };

  std::optional<Candidates> those_that_would_be_made(ProgramSpan programs) {
    std::vector<std::string> words{"-n", "-v"};
    for (const MadeProgram& one : programs) words.push_back(one.target);
    const auto commands = ninja_.output(words);
    if (!commands) return std::nullopt;
    const auto steps = ninja_.output({"-t", "compdb"});
    if (!steps) return std::nullopt;
    // It has the first output of each step, and nothing if names are not UTF-8.
    const auto outputs = outputs_by_command(*steps);
    Names known;
    for (const auto& [command, output] : outputs) known.insert(output);
    Names made;
    for (std::string_view rest = *commands; !rest.empty();) {
      const auto step = outputs.find(take_part(rest, '\n'));
      if (step != outputs.end()) made.insert(step->second);
    }
    Candidates candidates;
    for (const MadeProgram& one : programs) {
      if (!known.contains(one.target)) {
        candidates.unknown.push_back(one);
      } else if (made.contains(one.target)) {
        candidates.made.push_back(one);
      }
    }
    return candidates;
  }

  // Takes those away that are old by the times of files.
  bool compare_times(std::vector<MadeProgram>& programs) {
    if (programs.empty()) return true;
    std::vector<std::string> targets;
    for (const MadeProgram& one : programs) targets.push_back(one.target);
    std::vector<std::string> words{"-t", "graph"};
    words.insert(words.end(), targets.begin(), targets.end());
    std::optional<std::string> graph = ninja_.output(words);
    if (!graph) return false;
    // Without -n, Ninja might write its logs anew.
    std::optional<std::string> deps = ninja_.output({"-n", "-t", "deps"});
    if (!deps) return false;
    const NinjaTexts texts{*std::move(graph), *std::move(deps)};
    const std::vector<bool> old =
        are_old(targets, texts, logged_, [&](std::string_view path) { return time_of(path); });
    std::vector<MadeProgram> others;
    for (std::size_t i = 0; i < programs.size(); ++i) {
      (old[i] ? build_.old : others).push_back(programs[i]);
    }
    programs = std::move(others);
    return true;
  }

  std::int64_t time_of(std::string_view path) const {
    const std::string file = in_tree(path);
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) return 0;
    return std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  }

  std::string in_tree(std::string_view path) const {
    return path.starts_with('/') ? std::string(path) : text_of({order_.tree, "/", path});
  }

  // Asks Ninja for these programs alone. If it has no reason to make any of a group, all of them
  // are well; else the halves of the group are asked for.
  bool search(ProgramSpan programs) {
    std::vector<ProgramSpan> groups;
    if (!programs.empty()) groups.push_back(programs);
    while (!groups.empty()) {
      const ProgramSpan group = groups.back();
      groups.pop_back();
      if (searches_ == order_.most_searches) {
        build_.unseen += group.size();
        continue;
      }
      ++searches_;
      const std::optional<Reasons> reasons = reasons_for(group);
      if (!reasons) return false;
      if (reasons->all.empty()) continue;
      if (group.size() == 1) {
        build_.old.push_back(group.front());
        continue;
      }
      const std::size_t half = group.size() / 2;
      groups.push_back(group.subspan(half));
      groups.push_back(group.first(half));
    }
    return true;
  }

  const BuildOrder& order_;
  Ninja ninja_;
  std::string log_;
  NinjaLog logged_;  // parts of log_
  std::size_t searches_ = 0;
  Build build_;
};

}  // namespace

std::map<std::string, std::string, std::less<>> outputs_by_command(const std::string& compdb) {
  std::map<std::string, std::string, std::less<>> outputs;
  const auto json = nlohmann::json::parse(compdb, nullptr, false);
  if (!json.is_array()) return outputs;
  for (const auto& step : json) {
    const std::string command = step.value("command", "");
    if (!command.empty()) outputs.emplace(command, step.value("output", ""));
  }
  return outputs;
}

Reasons reasons_in(std::string_view explained, const NinjaLog& logged) {
  Reasons reasons;
  while (!explained.empty()) {
    std::string_view reason = take_part(explained, '\n');
    if (!reason.starts_with(k_explains)) continue;
    reason.remove_prefix(k_explains.size());
    if (reason.ends_with(" is dirty")) continue;
    const std::optional<std::string_view> missing = missing_output_in(reason);
    const bool is_phony = missing && missing->ends_with(" of phony edge with no inputs");
    if (is_phony || (missing && logged.contains(*missing))) {
      reasons.has_others = true;
      continue;
    }
    reasons.all.emplace_back(reason);
    std::string newer = newer_input_in(reason);
    if (!newer.empty()) reasons.newer.push_back(std::move(newer));
  }
  return reasons;
}

Build look_at_build(const BuildOrder& order) {
  if (order.ninja.empty()) return {};
  return BuildLook(order).look();
}

Findings check_configuration(const BuildOrder& order, const Build& build) {
  Findings all;
  const std::string tree = for_shell(order.tree);
  if (!build.trouble.empty()) {
    all.push_back({Kind::build_unknown,
                   "whether programs are older than their sources is not known: " + build.trouble,
                   order.tree + "/" + order.file, "see what Ninja says",
                   fmt::format("{} -C {} -n", for_shell(order.ninja), tree)});
  }
  if (!build.configure.empty()) {
    all.push_back({Kind::configure_again,
                   "the tree has to be configured again: " + build.configure.front(),
                   order.tree + "/" + order.file, "build the tree: it configures itself",
                   "cmake --build " + tree});
  }
  return all;
}

Finding finding_of(const BuildOrder& order, const MadeProgram& program,
                   const std::vector<std::string>& tests) {
  return {
      Kind::program_old,
      fmt::format("{}: the program is older than its sources: {}", some_of(tests), program.path),
      program.path,
      "build it",
      order.command,
      program.target};
}

}  // namespace holdfast::doctor
