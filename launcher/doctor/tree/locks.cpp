#include "doctor/tree/locks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/environment.hpp"
#include "core/base/file_name.hpp"
#include "core/lock/lock_wait.hpp"
#include "keeper/run/cluster_client.hpp"
#include "keeper/run/cluster_list.hpp"
#include "keeper/tree/live_runs.hpp"
#include "os/file/clock.hpp"
#include "os/process/process.hpp"

namespace holdfast::doctor {
namespace {

constexpr std::size_t k_longest_command = 200;

std::string place_of(const os::SurveyedLock& lock) {
  return lock.scope_directory + "/" + encode_file_name(lock.name);
}

bool is_of(const LiveRun& run, const RunInTree& known) { return run.ctest.pid == known.pid; }

void add_runs(const std::vector<LiveRun>& runs, const std::string& tree, Locks& locks) {
  for (const LiveRun& run : runs) {
    const auto is_known = [&](const RunInTree& known) { return is_of(run, known); };
    if (run.tree != tree || std::ranges::any_of(locks.runs, is_known)) continue;
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
    all.push_back({Kind::holder_stopped, held + ", which is stopped" + waits + tests, "",
                   "let it go on, or end it", fmt::format("kill -CONT {}", holder.process.pid)});
    return;
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

Locks look_at_locks(const std::string& tree) {
  Locks locks;
  locks.survey = os::survey_all_locks(os::Strangers::look_for);
  locks.now_ms = os::unix_now_ms();
  if (tree.empty()) return locks;
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
    const auto tests = wanted.find(place_of(lock));
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
