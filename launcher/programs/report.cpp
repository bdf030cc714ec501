#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attempt/programs.hpp"
#include "base/environment.hpp"
#include "base/exit_codes.hpp"
#include "base/packed_file.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "cleanup/dead_runs.hpp"
#include "command/command.hpp"
#include "journal/run_directory.hpp"
#include "os/file/descriptors.hpp"
#include "report/bundle/bundle.hpp"
#include "report/bundle/merge.hpp"
#include "report/describe.hpp"
#include "report/load.hpp"
#include "report/report_output.hpp"
#include "settings/project_settings.hpp"

namespace holdfast::cli {
namespace {

std::string settings_text(const std::string& tree) {
  constexpr std::size_t k_largest = 1U << 20U;
  const Result<std::string> text =
      os::read_file(settings_file_of_tree(tree).value_or(""), k_largest);
  return text ? *text : std::string();
}

// Lines of the cache that decide what is built and how. Values of other variables may be secrets.
std::string cmake_text(const std::string& tree) {
  constexpr auto k_wanted = std::to_array<std::string_view>(
      {"CMAKE_BUILD_TYPE:", "CMAKE_CACHE_MAJOR_VERSION:", "CMAKE_CACHE_MINOR_VERSION:",
       "CMAKE_COMMAND:", "CMAKE_CACHE_PATCH_VERSION:", "CMAKE_CONFIGURATION_TYPES:",
       "CMAKE_CTEST_COMMAND:", "CMAKE_CXX_COMPILER:", "CMAKE_CXX_FLAGS:", "CMAKE_C_COMPILER:",
       "CMAKE_C_FLAGS:", "CMAKE_GENERATOR:", "CMAKE_HOME_DIRECTORY:", "CMAKE_PROJECT_NAME:",
       "CMAKE_TOOLCHAIN_FILE:", "CMAKE_CACHEFILE_DIR:", "HOLDFAST_"});
  std::ifstream cache(tree + "/CMakeCache.txt");
  std::string text;
  for (std::string line; std::getline(cache, line);) {
    for (const std::string_view wanted : k_wanted) {
      if (line.starts_with(wanted)) text += line + '\n';
    }
  }
  return text;
}

std::string machine_text() {
  nlohmann::ordered_json machine;
  utsname system{};
  (void)::uname(&system);
  machine["name"] = valid_utf8(system.nodename);
  machine["system"] = system.sysname;
  machine["release"] = system.release;
  machine["version"] = system.version;
  machine["machine"] = system.machine;
  machine["cores"] = ::sysconf(_SC_NPROCESSORS_ONLN);
  cpu_set_t usable;
  if (::sched_getaffinity(0, sizeof usable, &usable) == 0) {
    machine["usable_cores"] = CPU_COUNT(&usable);
  }
  machine["memory_kb"] = ::sysconf(_SC_PHYS_PAGES) / 1024 * ::sysconf(_SC_PAGESIZE);
  return machine.dump(1) + '\n';
}

// What a bundle says of the project and the machine beside the run itself: the project's
// holdfast.toml as it is now, what CMake's cache says of the build tree, and what this machine is.
// What cannot be read is missing.
std::vector<BundledText> surroundings_of(const std::string& tree) {
  std::vector<BundledText> texts{{bundle_names::k_machine, machine_text()},
                                 {bundle_names::k_settings, settings_text(tree)},
                                 {bundle_names::k_cmake, cmake_text(tree)}};
  std::erase_if(texts, [](const BundledText& one) { return one.text.empty(); });
  return texts;
}

struct ReportOptions {
  std::string run = "latest";
  std::vector<std::string> shards;  // bundles; empty: there is nothing to merge
  std::string format = "text";
  std::string output;
  std::string bundle;
  std::string from;
  std::string tree;
};

RunState state_of(const RunEntry& run) { return settle(run) ? RunState::over : RunState::going_on; }

Result<RunEntry> run_of(const std::string& tree, const ReportOptions& options) {
  return find_run(tree, options.run, variable(environment::k_run_id));
}

Result<LoadedReport> load_bundle(const std::string& file) {
  const Result<std::string> program = supervision::component_program("archive");
  return program ? read_bundle(*program, file) : program.error();
}

// The names of the files, without their directories and the ends of the names, unless two would be
// the same.
std::vector<std::string> shard_names(const std::vector<std::string>& files) {
  std::vector<std::string> names;
  for (const std::string& file : files) {
    std::string name = std::filesystem::path(file).filename().string();
    for (const std::string_view end : {".tar.gz", ".tar.zst", ".tgz", ".tar", ".zip"}) {
      if (!name.ends_with(end) || name.size() == end.size()) continue;
      name.resize(name.size() - end.size());
      break;
    }
    names.push_back(std::move(name));
  }
  const std::set<std::string> different(names.begin(), names.end());
  return different.size() == files.size() ? names : files;
}

Result<std::vector<NamedReport>> load_shards(const std::vector<std::string>& files) {
  const std::vector<std::string> names = shard_names(files);
  std::vector<NamedReport> shards;
  for (std::size_t i = 0; i < files.size(); ++i) {
    HOLDFAST_TRY(LoadedReport loaded, load_bundle(files[i]));
    shards.push_back({names[i], std::move(loaded)});
  }
  return shards;
}

Result<LoadedReport> load(const ReportOptions& options) {
  if (!options.from.empty()) return load_bundle(options.from);
  HOLDFAST_TRY(const std::string tree, find_tree(options.tree));
  if (options.run == "latest" && list_runs(tree).empty()) {
    if (std::optional<RunReport> builds = load_builds(tree))
      return LoadedReport{*std::move(builds), std::make_unique<Outputs>()};
  }
  HOLDFAST_TRY(const RunEntry run, run_of(tree, options));
  return load_whole_report(run, state_of(run));
}

// Writes the bundle as write_whole() writes a file. Returns the exit code.
Result<int> bundle(const ReportOptions& options) {
  HOLDFAST_TRY(const std::string tree, find_tree(options.tree));
  HOLDFAST_TRY(const RunEntry run, run_of(tree, options));
  const RunState state = state_of(run);
  HOLDFAST_TRY(const std::string program, supervision::component_program("archive"));
  HOLDFAST_TRY(const LoadedReport loaded, load_whole_report(run, state));
  const std::vector<BundledText> beside = surroundings_of(tree_of(run).string());
  const BundleOrder order{run, state, loaded, beside, archive_form(options.bundle), program};
  LeftOut left_out;
  HOLDFAST_DO(write_whole(options.bundle,
                          [&](const Take& take) { return write_bundle(order, take, left_out); }));
  if (left_out.count() > 0) {
    complain(fmt::format("left out of {}: {}, named in its {}", options.bundle,
                         counted(left_out.count(), "file"), bundle_names::k_left_out));
  }
  return exit_codes::k_success;
}

Result<void> show(const LoadedReport& loaded, const ReportOptions& options) {
  const Format format = *named<Format>(options.format);
  return options.output.empty() ? print_report(loaded, format)
                                : write_report(loaded, format, options.output);
}

// The exit code of a command that has shown the report. A test that goes on has no verdict yet.
int code_of(const RunReport& report) {
  const bool has_unknown = std::ranges::any_of(report.tests, [](const TestReport& test) {
    const bool goes_on = !test.attempts.empty() && test.attempts.back().is_running;
    return test.outcome == Outcome::unknown && !goes_on;
  });
  return has_unknown ? exit_codes::k_unknown_verdict : exit_codes::k_success;
}

// Returns the exit code.
Result<int> show(const ReportOptions& options) {
  HOLDFAST_TRY(const LoadedReport loaded, load(options));
  HOLDFAST_DO(show(loaded, options));
  return code_of(loaded.report);
}

// Returns the exit code.
Result<int> merge(const ReportOptions& options) {
  HOLDFAST_TRY(std::vector<NamedReport> shards, load_shards(options.shards));
  if (const std::string why = different_divisions(shards); !why.empty())
    return refused(why, exit_codes::k_unfit_shards);
  HOLDFAST_TRY(const LoadedReport merged, merge_shards(std::move(shards)));
  HOLDFAST_DO(show(merged, options));
  const std::vector<std::string> trouble = against_division(merged.report);
  for (const std::string& line : trouble) complain("report merge: " + line);
  return trouble.empty() ? code_of(merged.report) : exit_codes::k_unfit_shards;
}

Result<int> report(const ReportOptions& options) {
  const bool is_elsewhere = !options.bundle.empty() || !options.from.empty() ||
                            !options.tree.empty() || options.run != "latest";
  if (!options.shards.empty() && is_elsewhere)
    return refused("report merge: expected bundles, --format and --output, and nothing else");
  if (!options.shards.empty()) return merge(options);
  return options.bundle.empty() ? show(options) : bundle(options);
}

}  // namespace

void add_report(Command app) {
  const auto [command, options] = add_command(app, "report", "show what a run did", report);
  const Option run =
      command.add_option("RUN", options->run, "a run's id, the beginning of one, or latest")
          .check(expected("a run's id, the beginning of one, or latest"));
  const Option format =
      command.add_option("--format", options->format, "what is written (default: text)")
          .one_of(words_of(Format{}));
  const Option output = command.add_option("--output", options->output, "write to this file")
                            .check(expected("the path of a file"));
  const Option bundle =
      command
          .add_option("--bundle", options->bundle,
                      "write the run with all that its report needs to this archive: .tar.gz, "
                      ".tar.zst, .tar or .zip")
          .check(expected("the path of a file"));
  const Option from = command.add_option("--from", options->from, "show the run in this bundle")
                          .check(expected("the path of a bundle"));
  const Option tree = add_tree_option(command, options->tree);
  bundle.excludes({format, output, from});
  from.excludes({run, tree});
  // The options may stand on either side of the word.
  const Command merge =
      command.add_subcommand("merge", "show the bundles of the shards of a suite");
  merge.fall_through();
  merge.add_option("FILE", options->shards, "the bundle of a shard")
      .required()
      .check(expected("the path of a bundle"));
}

}  // namespace holdfast::cli
