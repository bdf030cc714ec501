#include "doctor/tree/leftovers.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/encoding.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "cluster/cluster_client.hpp"
#include "journal/log_reader.hpp"
#include "os/file/own_files.hpp"
#include "os/process/process.hpp"
#include "run/live_runs.hpp"
#include "run/run_lock.hpp"
#include "services/manual_service.hpp"

namespace holdfast::doctor {
namespace {

namespace fs = std::filesystem;

// The marker directories with something in them, below that of a run. A launcher removes them when
// its attempt is over.
void add_markers(const fs::path& run, std::vector<std::string>& markers) {
  const fs::path scratch = run / names::k_scratch_directory;
  for (const std::string& attempt : os::names_in_own(scratch.string())) {
    const std::string directory = (scratch / attempt / names::k_marker_directory).string();
    if (!os::names_in_own(directory).empty()) markers.push_back(directory);
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

constexpr std::size_t k_longest_command = 200;

void add_runs(const std::vector<LiveRun>& runs, const std::string& tree, Locks& locks) {
  for (const LiveRun& run : runs) {
    const auto known = std::ranges::find(locks.runs, run.ctest.pid, &RunInTree::pid);
    if (run.tree != tree || known != locks.runs.end()) continue;
    const std::string command = os::command_line_of(run.ctest.pid, k_longest_command);
    locks.runs.push_back({command.empty() ? "ctest" : command, run.ctest.pid});
  }
}

std::string title_of(const os::SurveyedLock& lock) {
  return fmt::format("{}@{}", lock.name, name_of(lock.scope));
}

void check_holder(const os::SurveyedLock& lock, const LockParty& holder, const std::string& tests,
                  std::int64_t now_ms, Findings& all) {
  const std::string held = fmt::format(
      "the lock {} is held by {} for {}", title_of(lock), describe_party(holder),
      holdfast::describe(Milliseconds{std::max<std::int64_t>(0, now_ms - holder.since_unix_ms)}));
  const std::string waits = lock.tickets == 0 ? std::string()
                                              : fmt::format("; {} wait{} for it", lock.tickets,
                                                            lock.tickets == 1 ? "s" : "");
  if (holder.stopped) {
    return all.push_back({Kind::holder_stopped, held + ", which is stopped" + waits + tests, "",
                          "let it go on, or end it",
                          fmt::format("kill -CONT {}", holder.process.pid)});
  }
  all.push_back({Kind::lock_held, held + waits + tests, "",
                 "a test that wants it waits; holdfast locks shows who waits", "holdfast locks"});
}

void check_lock(const os::SurveyedLock& lock, const std::string& tests, std::int64_t now_ms,
                Findings& all) {
  for (const LockParty& holder : lock.holders) check_holder(lock, holder, tests, now_ms, all);
  for (const os::FlockHolder& stranger : lock.strangers) {
    all.push_back({Kind::lock_held,
                   fmt::format("the lock {} is held without a record by \"{}\" (pid {}){}",
                               title_of(lock), stranger.command, stranger.pid, tests),
                   "", "a test that wants it waits until that process ends",
                   fmt::format("ps -fp {}", stranger.pid)});
  }
}

}  // namespace

Leftovers look_at_leftovers(const std::string& tree) {
  Leftovers left{tree};
  left.unwanted = find_left_behind({.tree = tree, .let_go = LetGo::spare});
  left.let_go = find_left_behind({.tree = tree, .let_go = LetGo::end});
  const auto pid_of = [](const LeftBehind& one) { return one.process.pid; };
  std::erase_if(left.let_go, [&](const LeftBehind& one) {
    return std::ranges::find(left.unwanted, pid_of(one), pid_of) != left.unwanted.end();
  });
  const std::vector<RunEntry> runs = list_runs(tree);
  const Result<bool> taken = is_tree_taken(tree);
  if (!taken || *taken) {
    left.unseen = "what dead runs left: " +
                  (taken ? std::string("a run is going on in the tree") : to_text(taken.error()));
  } else {
    left.dead = find_dead_runs(tree);
    for (const RunEntry& run : runs) {
      if (!is_going_on(run)) add_markers(run.directory, left.markers);
    }
  }
  if (!runs.empty()) {
    left.last_run = runs.front().id;
    for (const LogLine& line : LogReader(runs.front().directory).take_lines()) {
      if (line.level >= LogLevel::warn) left.troubles.push_back(line.message);
    }
  }
  for (const std::string& name : manual_services(tree)) {
    const ManualService kept(tree, name);
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

Locks look_at_locks(const std::string& tree) {
  Locks locks;
  locks.survey = os::survey_all_locks(os::Strangers::look_for);
  locks.now_ms = os::unix_now_ms();
  add_runs(find_live_runs(), tree, locks);
  add_runs(find_live_run_of(tree), tree, locks);
  return locks;
}

std::vector<std::string> own_scopes(const LockHome& home) {
  std::vector<std::string> scopes;
  if (!home.tree.empty()) scopes.push_back(scope_directory(LockScope::build, home));
  if (!home.project.empty()) scopes.push_back(scope_directory(LockScope::project, home));
  return scopes;
}

Findings check_locks(const Locks& locks, const std::map<std::string, TestNames>& wanted,
                     const std::vector<std::string>& scopes) {
  Findings all;
  for (const RunInTree& run : locks.runs) {
    all.push_back(
        {Kind::tree_taken,
         fmt::format("a run is going on in the tree: \"{}\" (pid {})", run.command, run.pid), "",
         "another ctest waits for it, unless both name their tests", "holdfast status"});
  }
  for (const os::SurveyedLock& lock : locks.survey.locks) {
    const auto tests = wanted.find(lock.scope_directory + "/" + encode_file_name(lock.name));
    // Inside an attempt that holds the lock, only runs of that attempt wait for it.
    if (!lock.below.empty()) continue;
    const bool is_of_scope = std::ranges::find(scopes, lock.scope_directory) != scopes.end();
    if (tests == wanted.end() && !is_of_scope) continue;
    const std::string by = tests == wanted.end()
                               ? ""
                               : fmt::format("; {} want{} it", some_of(tests->second),
                                             tests->second.size() == 1 ? "s" : "");
    check_lock(lock, by, locks.now_ms, all);
  }
  for (const Error& error : locks.survey.unseen) {
    all.push_back(
        {Kind::locks_unseen, to_text(error), "", "look as the user who tests, or as root"});
  }
  return all;
}

SeenEtcd look_at_etcd(const ClusterSettings& cluster, Milliseconds patience) {
  const Result<ClusterSettings> settings = with_own_environment(cluster);
  if (!settings) return {to_text(settings.error()), std::string(environment::k_cluster_endpoints)};
  if (settings->endpoints.empty()) return {};
  const auto asked = ask_cluster_locks(*settings, std::min(patience, cluster::k_list_patience));
  if (asked) return {};
  return {to_text(asked.error()), settings->endpoints_from};
}

Findings check_etcd(const SeenEtcd& etcd) {
  if (etcd.trouble.empty()) return {};
  return {{Kind::etcd_away, etcd.trouble, etcd.where,
           "start it, or correct what names it (docs/guide/cluster-locks.md)"}};
}

}  // namespace holdfast::doctor
