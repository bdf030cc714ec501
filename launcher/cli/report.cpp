#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cli/commands.hpp"
#include "cli/report/report_writing.hpp"
#include "core/base/environment.hpp"
#include "core/outcome/exit_codes.hpp"
#include "keeper/tree/live_runs.hpp"
#include "store/run_directory.hpp"

namespace holdfast::cli {
namespace {

struct ReportOptions {
  std::string run = "latest";
  std::string format = "text";
  std::string output;
  std::string tree;
};

int fail(const std::string& text) {
  complain(text);
  return exit_codes::k_usage;
}

Result<LoadedReport> load(const std::filesystem::path& tree, const std::string& wanted) {
  if (wanted == "latest" && list_runs(tree, Dates::only_for_the_order).empty()) {
    if (std::optional<RunReport> builds = load_builds(tree))
      return LoadedReport{*std::move(builds), std::make_unique<NoOutputs>()};
  }
  const Result<RunEntry> run = find_run(tree, wanted, variable(environment::k_run_id));
  if (!run) return run.error();
  return load_whole_report(*run, is_going_on(*run) ? RunState::going_on : RunState::over);
}

int report(const ReportOptions& options) {
  const std::optional<Format> format = named<Format>(options.format);
  if (!format) {
    return fail("--format \"" + options.format +
                "\": expected text, json, junit, trace, github or html");
  }
  std::filesystem::path tree = options.tree;
  if (tree.empty()) {
    const auto found = find_build_tree(std::filesystem::current_path());
    if (!found) return fail("no build tree here or above: expected --tree DIR");
    tree = *found;
  }
  const Result<LoadedReport> loaded = load(tree, options.run);
  if (!loaded) return fail(to_text(loaded.error()));
  const Result<void> done = options.output.empty() ? print_report(*loaded, *format)
                                                   : write_report(*loaded, *format, options.output);
  return done ? exit_codes::k_success : fail(to_text(done.error()));
}

}  // namespace

void add_report(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("report", "show what a run did");
  const auto options = std::make_shared<ReportOptions>();
  command->add_option("RUN", options->run, "a run's id, the beginning of one, or latest")
      ->check(expected("a run's id, the beginning of one, or latest"));
  command->add_option("--format", options->format, "text, json, junit, trace, github or html");
  command->add_option("--output", options->output, "write to this file")
      ->check(expected("the path of a file"));
  add_tree_option(*command, options->tree);
  command->callback([options, &exit_code] { exit_code = report(*options); });
}

}  // namespace holdfast::cli
