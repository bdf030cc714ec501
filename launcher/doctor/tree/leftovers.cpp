#include "doctor/tree/leftovers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "core/base/names.hpp"
#include "core/base/parts.hpp"
#include "core/base/printable.hpp"
#include "keeper/service/kept_service.hpp"
#include "keeper/tree/live_runs.hpp"
#include "keeper/tree/run_lock.hpp"
#include "os/file/own_files.hpp"
#include "store/log_reader.hpp"
#include "store/run_directory.hpp"

namespace holdfast::doctor {
namespace {

namespace fs = std::filesystem;

bool is_among(const std::vector<LeftBehind>& all, const LeftBehind& one) {
  return std::ranges::any_of(
      all, [&](const LeftBehind& other) { return other.process.pid == one.process.pid; });
}

// The marker directories with something in them, below that of a run. A launcher removes them when
// its attempt is over.
void add_markers(const fs::path& run, std::vector<std::string>& markers) {
  const fs::path scratch = run / names::k_scratch_directory;
  for (const std::string& attempt : os::names_in_own(scratch.string())) {
    const std::string directory = (scratch / attempt / names::k_marker_directory).string();
    if (!os::names_in_own(directory).empty()) markers.push_back(directory);
  }
}

void add_troubles(const RunEntry& run, Leftovers& left) {
  left.last_run = run.id;
  for (const LogLine& line : LogReader(run.directory).take_lines()) {
    if (line.level >= LogLevel::warn) left.troubles.push_back(line.message);
  }
}

std::string reap(const std::string& tree) { return "holdfast reap --tree " + for_shell(tree); }

void check_processes(const Leftovers& left, Findings& all) {
  for (const LeftBehind& one : left.unwanted) {
    all.push_back({Kind::process_left,
                   fmt::format("{} (pid {}) is still running, left by \"{}\" of run {}",
                               one.process.name, one.process.pid, one.test, one.run),
                   "", "end it", reap(left.tree)});
  }
  for (const LeftBehind& one : left.let_go) {
    all.push_back(
        {Kind::process_let_go,
         fmt::format("{} (pid {}) is running, left by \"{}\" of run {}, which may leave it",
                     one.process.name, one.process.pid, one.test, one.run),
         "", "end it, if nobody needs it", reap(left.tree)});
  }
}

void check_dead_run(const Leftovers& left, const DeadRun& run, Findings& all) {
  if (run.lacks_end || !run.unended.empty()) {
    const std::string attempts =
        run.unended.empty()
            ? ""
            : fmt::format(", {} without an end", counted(run.unended.size(), "attempt"));
    all.push_back({Kind::run_died, fmt::format("run {} died{}", run.id, attempts),
                   run.journal.string(), "the next run puts it right, or you do", reap(left.tree)});
  }
  if (!run.socket.empty()) {
    all.push_back(
        {Kind::socket_stale,
         fmt::format("the socket of the keeper of run {} is left: {}", run.id, run.socket.string()),
         run.socket.string(), "the next run removes it, or you do", reap(left.tree)});
  }
  for (const fs::path& stop : run.stops) {
    all.push_back(
        {Kind::stop_command_left,
         fmt::format("a service of run {} was not stopped: its stop command did not run", run.id),
         stop.string(), "run it", reap(left.tree)});
  }
  for (const fs::path& job : run.far_jobs) {
    all.push_back(
        {Kind::job_left,
         fmt::format("a job for a node is left of run {}, with the environment of a test", run.id),
         job.string(), "the next run removes it, or you do", reap(left.tree)});
  }
}

}  // namespace

Leftovers look_at_leftovers(const std::string& tree) {
  Leftovers left{tree};
  ReapOrder order;
  order.tree = tree;
  order.let_go = LetGo::spare;
  left.unwanted = find_left_behind(order);
  order.let_go = LetGo::end;
  left.let_go = find_left_behind(order);
  std::erase_if(left.let_go, [&](const LeftBehind& one) { return is_among(left.unwanted, one); });
  const Result<bool> taken = is_tree_taken(tree);
  if (!taken || *taken) {
    left.unseen = "what dead runs left: " +
                  (taken ? std::string("a run is going on in the tree") : to_text(taken.error()));
  } else {
    left.dead = find_dead_runs(tree);
    for (const RunEntry& run : list_runs(tree)) {
      if (!is_going_on(run)) add_markers(run.directory, left.markers);
    }
  }
  if (const std::vector<RunEntry> runs = list_runs(tree); !runs.empty()) {
    add_troubles(runs.front(), left);
  }
  for (const std::string& name : kept_services(tree)) {
    const KeptService kept(tree, name);
    if (kept.is_noted() && !kept.has_host()) left.lost_services.push_back(name);
  }
  return left;
}

Findings check_leftovers(const Leftovers& left) {
  Findings all;
  check_processes(left, all);
  for (const DeadRun& run : left.dead) check_dead_run(left, run, all);
  for (const std::string& name : left.lost_services) {
    all.push_back({Kind::service_lost,
                   fmt::format("service {} was started by hand, and its supervisor is gone", name),
                   left.tree, "start it again, or stop keeping it",
                   fmt::format("holdfast service restart {} --tree {}", for_shell(name),
                               for_shell(left.tree))});
  }
  for (const std::string& directory : left.markers) {
    all.push_back({Kind::markers_left, "markers are left that nobody will read: " + directory,
                   directory, "remove them, if you do not want to look at them",
                   "rm -r " + for_shell(directory)});
  }
  if (!left.troubles.empty()) {
    all.push_back({Kind::last_run_trouble,
                   fmt::format("the log of run {} has {}: {}", left.last_run,
                               counted(left.troubles.size(), "warning"), left.troubles.front()),
                   "", "read them",
                   fmt::format("holdfast log {} --level warn --tree {}", left.last_run,
                               for_shell(left.tree))});
  }
  return all;
}

}  // namespace holdfast::doctor
