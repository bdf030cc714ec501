#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "cli/commands.hpp"
#include "core/exit_codes.hpp"
#include "report/load.hpp"
#include "report/render.hpp"
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

// Written beside its target and renamed: a reader never finds half a report.
bool write_whole(const std::string& path, const std::string& text) {
  const std::string draft = path + ".tmp";
  std::ofstream file(draft, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(draft, path, error);
  if (file && !error) return true;
  std::filesystem::remove(draft, error);
  return false;
}

Result<RunReport> load(const std::filesystem::path& tree, const std::string& wanted) {
  if (wanted == "latest" && list_runs(tree, Dates::only_for_the_order).empty()) {
    if (std::optional<RunReport> builds = load_builds(tree)) return *std::move(builds);
  }
  const Result<RunEntry> run = find_run(tree, wanted);
  if (!run) return run.error();
  Result<RunReport> loaded = load_report(*run, Outputs::load);
  if (loaded) load_steps(*loaded, *run);
  return loaded;
}

int report(const ReportOptions& options) {
  const std::optional<Format> format = format_named(options.format);
  if (!format) {
    return fail("--format \"" + options.format + "\": expected text, json or junit");
  }
  std::filesystem::path tree = options.tree;
  if (tree.empty()) {
    const auto found = find_build_tree(std::filesystem::current_path());
    if (!found) return fail("no build tree here or above: expected --tree DIR");
    tree = *found;
  }
  const Result<RunReport> loaded = load(tree, options.run);
  if (!loaded) return fail("failed to " + loaded.error().message);
  const std::string text = render(*loaded, *format);
  if (options.output.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return std::fflush(stdout) == 0 ? exit_codes::k_success : fail("failed to write to stdout");
  }
  if (!write_whole(options.output, text)) return fail("failed to write " + options.output);
  return exit_codes::k_success;
}

}  // namespace

void add_report(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("report", "show what a run did");
  const auto options = std::make_shared<ReportOptions>();
  command->add_option("RUN", options->run, "a run's id, the beginning of one, or latest");
  command->add_option("--format", options->format, "text, json or junit");
  command->add_option("--output", options->output, "write to this file");
  command->add_option("--tree", options->tree, "the build tree (default: found upward from here)");
  command->callback([options, &exit_code] { exit_code = report(*options); });
}

}  // namespace holdfast::cli
