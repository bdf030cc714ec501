#include <fmt/core.h>

#include <filesystem>
#include <memory>

#include "cli/commands.hpp"
#include "core/exit_codes.hpp"
#include "keeper/reap.hpp"
#include "os/process.hpp"
#include "store/run_directory.hpp"

namespace holdfast::cli {
namespace {

// Something is left that could not be ended.
constexpr int k_not_ended = 1;

struct ReapOptions {
  std::string tree;
  bool dry_run = false;
};

int list(const ReapOrder& order) {
  const std::vector<LeftBehind> left = find_left_behind(order);
  if (left.empty()) fmt::print("nothing is left of earlier runs\n");
  for (const LeftBehind& one : left) {
    fmt::print("{:>8}  {:<15}  {}  (run {})\n", one.process.pid, one.process.name, one.test,
               one.run);
  }
  return exit_codes::k_success;
}

int end_all(const ReapOrder& order) {
  const Reaped reaped = reap_left_behind(order);
  remove_keepers_sockets();
  if (reaped.found.empty()) {
    fmt::print("nothing is left of earlier runs\n");
    return exit_codes::k_success;
  }
  if (!reaped.survivors.empty()) {
    complain("failed to end " + describe(reaped.survivors));
    return k_not_ended;
  }
  fmt::print("ended {}\n", describe(reaped.found));
  return exit_codes::k_success;
}

int reap(const ReapOptions& options) {
  const auto tree = find_build_tree(options.tree.empty() ? "." : options.tree);
  std::error_code error;
  // With --tree nothing is looked for upward: what is there is ended.
  if (!tree ||
      (!options.tree.empty() && !std::filesystem::equivalent(*tree, options.tree, error))) {
    complain(options.tree.empty() ? "no build tree here or above: expected --tree DIR"
                                  : "--tree \"" + options.tree + "\": expected a build tree");
    return exit_codes::k_usage;
  }
  if (!os::can_watch_processes()) {
    complain("failed to reap: this kernel cannot watch processes (pidfd_open)");
    return k_not_ended;
  }
  ReapOrder order;
  order.tree = std::filesystem::canonical(*tree);
  return options.dry_run ? list(order) : end_all(order);
}

}  // namespace

void add_reap(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("reap", "end what earlier runs of this build tree left");
  const auto options = std::make_shared<ReapOptions>();
  command->add_option("--tree", options->tree, "the build tree (default: found upward from here)");
  command->add_flag("--dry-run", options->dry_run, "list the processes and end none");
  command->callback([options, &exit_code] { exit_code = reap(*options); });
}

}  // namespace holdfast::cli
