#include <fmt/format.h>

#include <filesystem>
#include <string_view>

#include "base/exit_codes.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "cleanup/dead_runs.hpp"
#include "cleanup/reap.hpp"
#include "cleanup/stale_files.hpp"
#include "cleanup/stopped_supervisors.hpp"
#include "journal/run_directory.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/log/log.hpp"
#include "os/process/process.hpp"
#include "programs/commands.hpp"
#include "run/run_lock.hpp"
#include "services/manual_service.hpp"
#include "services/services_of_people.hpp"
#include "settings/project_settings.hpp"

namespace holdfast::cli {
namespace {

// The exit code if some process could not be ended.
constexpr int k_not_ended = 1;

struct ReapOptions {
  std::string tree;
  bool dry_run = false;
};

struct Untidy {
  std::vector<DeadRun> runs;
  std::string trouble;  // why the runs cannot be tidied; empty: they can
};

// Nothing while a run has the tree: its keeper then writes and tidies.
Untidy find_untidy(const ReapOrder& order) {
  const Result<bool> taken = is_tree_taken(order.tree.string());
  if (taken && *taken) return {};
  return {find_dead_runs(order.tree), taken ? std::string() : to_text(taken.error())};
}

void list(const DeadRun& run) {
  for (const AttemptStarted& one : run.unended) {
    fmt::print("  record  end of \"{}\"  (run {})\n", printable(one.test), run.id);
  }
  if (run.lacks_end) fmt::print("  record  end of the run  (run {})\n", run.id);
  const auto list_paths = [&](std::string_view what,
                              const std::vector<std::filesystem::path>& paths) {
    for (const std::filesystem::path& path : paths) {
      fmt::print("  {}  {}  (run {})\n", what, printable(path.string()), run.id);
    }
  };
  list_paths("stop command", run.stops);
  list_paths("directory", run.empty_directories);
  list_paths("job for a node", run.far_jobs);
  if (!run.socket.empty()) fmt::print("  socket  {}  (run {})\n", run.socket.string(), run.id);
}

// Services that people kept before they removed .holdfast. They are in nobody's use.
std::vector<wire::ManualState> find_forgotten(const ReapOrder& order) {
  std::vector<wire::ManualState> all = unnoted_services(order.tree.string());
  std::erase_if(all, [](const wire::ManualState& one) { return one.user > 0; });
  return all;
}

int list(const ReapOrder& order) {
  const std::vector<LeftBehind> left = find_left_behind(order);
  const Untidy untidy = find_untidy(order);
  const std::vector<wire::ManualState> forgotten = find_forgotten(order);
  const std::vector<StoppedSupervisor> stopped = find_stopped(order.tree);
  if (left.empty() && untidy.runs.empty() && forgotten.empty() && stopped.empty()) {
    fmt::print("nothing is left of earlier runs\n");
  }
  for (const StoppedSupervisor& one : stopped) {
    fmt::print("{:>8}  {:<15}  is stopped, and is to go on\n", one.process.pid, one.name);
  }
  for (const wire::ManualState& one : forgotten) {
    fmt::print("{:>8}  service {}, kept by hand, of which {} says nothing\n", one.main,
               one.order.spec.name, names::k_tree_directory);
  }
  for (const LeftBehind& one : left) {
    fmt::print("{:>8}  {:<15}  {}  (run {})\n", one.process.pid, printable(one.process.name),
               printable(one.test), one.run);
  }
  for (const DeadRun& run : untidy.runs) list(run);
  return exit_codes::k_success;
}

int tidy_up(const Untidy& untidy) {
  if (!untidy.runs.empty() && !untidy.trouble.empty())
    return refused(fmt::format("{} not tidied: {}", counted(untidy.runs.size(), "run"),
                               printable(untidy.trouble)),
                   k_not_ended);
  const Tidied tidied = tidy(untidy.runs);
  for (const std::string& trouble : tidied.troubles) complain(printable(trouble));
  if (tidied.runs != 0) fmt::print("tidied {}\n", describe(tidied));
  return tidied.troubles.empty() ? exit_codes::k_success : k_not_ended;
}

// False: one could not be ended.
bool end_forgotten(const ReapOrder& order, const std::vector<wire::ManualState>& forgotten) {
  bool all_ended = true;
  for (const wire::ManualState& one : forgotten) {
    const Result<bool> stopped = stop_kept(order.tree.string(), one.order.spec.name);
    if (!stopped) complain(to_text(stopped.error()));
    if (stopped && *stopped) {
      fmt::print("ended service {} (pid {}), kept by hand, of which {} says nothing\n",
                 one.order.spec.name, one.main, names::k_tree_directory);
    }
    all_ended = all_ended && stopped;
  }
  return all_ended;
}

// False: nobody was stopped.
bool continue_stopped(const ReapOrder& order) {
  const std::vector<StoppedSupervisor> stopped = find_stopped(order.tree);
  if (stopped.empty()) return false;
  const Result<ProjectSettings> settings = ProjectSettings::of_tree(order.tree.string());
  const Milliseconds grace = settings ? longest_grace(settings->settings()) : order.grace;
  let_go_on(stopped, patience_with_stopped(grace));
  fmt::print("continued {}\n", describe(stopped));
  return true;
}

int end_all(const ReapOrder& order) {
  if (const Result<RunEntry> last = find_run(order.tree, "latest")) os::continue_log(last->journal);
  const bool has_continued = continue_stopped(order);
  const std::vector<wire::ManualState> forgotten = find_forgotten(order);
  const bool all_ended = end_forgotten(order, forgotten);
  const Reaped reaped = reap_left_behind(order);
  const Untidy untidy = find_untidy(order);
  if (!reaped.survivors.empty()) {
    complain("failed to end " + describe(reaped.survivors));
  } else if (!reaped.found.empty()) {
    os::log(LogLevel::info, {"ended ", describe(reaped.found)});
    fmt::print("ended {}\n", printable(describe(reaped.found)));
  } else if (untidy.runs.empty() && forgotten.empty() && !has_continued) {
    fmt::print("nothing is left of earlier runs\n");
  }
  const int tidied = tidy_up(untidy);
  remove_stale_sockets();
  remove_stale_scratch();
  remove_all_stale_levels();
  return reaped.survivors.empty() && all_ended ? tidied : k_not_ended;
}

Result<int> reap(const ReapOptions& options) {
  // With --tree, the directory itself must be the build tree, not a directory above it: everything
  // that is left of the tree gets ended.
  HOLDFAST_TRY(const std::string tree, find_tree(options.tree));
  HOLDFAST_DO(os::check_user_directory());
  if (const std::string_view trouble = os::trouble_with_watching(); !trouble.empty())
    return refused("failed to reap: " + std::string(trouble), k_not_ended);
  ReapOrder order;
  order.tree = tree;
  return options.dry_run ? list(order) : end_all(order);
}

}  // namespace

void add_reap(Command app) {
  const auto [command, options] =
      add_command(app, "reap", "end what earlier runs of this build tree left", reap);
  add_tree_option(command, options->tree);
  command.add_flag("--dry-run", options->dry_run, "list what there is and touch nothing");
}

}  // namespace holdfast::cli
