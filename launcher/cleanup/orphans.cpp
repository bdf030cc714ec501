#include "cleanup/orphans.hpp"

#include <fmt/core.h>
#include <sys/wait.h>

#include <algorithm>
#include <iterator>

#include "journal/journal_reader.hpp"
#include "journal/records.hpp"
#include "os/containment/cgroup.hpp"
#include "os/containment/namespaces.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"
#include "os/log/log.hpp"
#include "os/process/process.hpp"
#include "os/process/stop_record.hpp"
#include "os/process/tagged_processes.hpp"

namespace holdfast {
namespace {

// How long ctest may take to kill all processes of a test: it reads /proc between the kills.
constexpr Milliseconds k_killing_patience{2000};
constexpr Milliseconds k_look_interval{50};
// ctest reads its clock once for all tests that it starts together. So ctest may take a test for
// older than it is.
constexpr Milliseconds k_ctest_clock_slack{1000};

// True: the attempt is on record. The launcher may have been killed between this record and its
// farewell.
bool is_recorded(const std::string& journal, const std::string& attempt) {
  bool is_there = false;
  (void)read_records(journal, [&](Record&& record) {
    const auto* ended = std::get_if<AttemptEnded>(&record);
    is_there = is_there || (ended != nullptr && ended->attempt == attempt);
  });
  return is_there;
}

std::string names_of(const std::vector<os::NamedProcess>& processes) {
  return bounded_list(processes, processes.size(), [](const os::NamedProcess& one) {
    return fmt::format("{} (pid {})", one.name, one.pid);
  });
}

void record(const Connection& orphan, const std::string& journal, KilledBy killer,
            std::size_t survivors, const std::vector<os::NamedProcess>& holders) {
  if (is_recorded(journal, orphan.attempt)) return;
  LostAttempt record{.at = os::unix_now(),
                     .attempt = orphan.attempt,
                     .test = orphan.test,
                     .key = orphan.key,
                     .n = orphan.n,
                     .note = note_on_orphan(killer, survivors, holders)};
  if (killer != KilledBy::stranger) record.outcome = Outcome::timed_out;
  (void)os::append_line(journal, line_of(record));
}

// Closes the keeper's descriptors, except those that belong to this attempt.
void keep_only_of(const Connection& orphan) {
  std::vector<int> kept{0, 1, 2, orphan.contained.get()};
  for (const os::UniqueFd& lock : orphan.locks) kept.push_back(lock.get());
  os::close_all_but(std::move(kept));
}

// Ends all processes in the attempt's containment. Returns how many are left.
std::size_t end_contained(Connection& orphan) {
  if (!orphan.contained.valid()) return 0;
  if (orphan.cgroup.empty()) {
    // The guard was the first process of the namespace, so the kernel is ending the others.
    os::NamespaceProcesses members(orphan.contained.get());
    return os::end_processes(members, {}).size();
  }
  const os::Cgroup cgroup(orphan.cgroup, std::move(orphan.contained));
  os::CgroupProcesses members(cgroup.directory());
  const std::size_t survivors = os::end_processes(members, {SIGTERM, orphan.grace, {}}).size();
  (void)cgroup.remove();
  return survivors;
}

void say_who_holds_output(const Connection& orphan, const std::vector<os::NamedProcess>& holders,
                          const ProcessName& ctest, RunLines& lines) {
  if (holders.empty() || !os::is_alive(ctest)) return;
  lines.say(
      fmt::format("\"{}\": launcher and guard were killed, and ctest waits for {}, which "
                  "{} the test's output open and no tag of it",
                  orphan.test, names_of(holders), holders.size() == 1 ? "has" : "have"));
}

// True: SIGKILL reaches each process within k_killing_patience. Does not wait for their death.
bool all_are_killed(os::TaggedProcesses& processes) {
  const Milliseconds until = os::monotonic_now() + k_killing_patience;
  while (true) {
    const std::vector<os::NamedProcess> living = processes.living();
    if (std::ranges::all_of(
            living, [](const os::NamedProcess& one) { return os::is_being_killed(one.pid); })) {
      return true;
    }
    if (os::monotonic_now() >= until) return false;
    // No event tells us that a process has got a signal, but a death ends this wait.
    (void)os::wait_for(processes.news().front(), os::monotonic_now() + k_look_interval);
  }
}

[[noreturn]] void help(Connection orphan, const std::string& journal, KilledBy killer,
                       const ProcessName& ctest, RunLines& lines) {
  lines.let_go();
  keep_only_of(orphan);
  LogTarget log = os::log_target();
  log.rotates = false;
  log.test = orphan.test;
  log.attempt = orphan.attempt;
  os::begin_log(std::move(log));
  // The containment comes first. No process in it can get away meanwhile.
  std::size_t survivors = end_contained(orphan);
  os::TaggedProcesses left(orphan.attempt);
  // A survivor of the containment has got our SIGKILL, so nobody can tell whether ctest sent one
  // too.
  if (killer == KilledBy::ctest_if_all_are_killed && (survivors > 0 || !all_are_killed(left))) {
    killer = KilledBy::stranger;
  }
  survivors += os::end_processes(left, {SIGTERM, orphan.grace, {}}).size();
  if (!orphan.stop_record.empty()) {
    const auto left_stop = os::run_left_stop(orphan.stop_record, os::k_end_of_holders);
    if (left_stop && !left_stop->trouble.empty()) lines.say(left_stop->trouble);
  }
  const std::vector<os::NamedProcess> holders = os::holders_of(orphan.output, {ctest.pid});
  record(orphan, journal, killer, survivors, holders);
  // When its own limit is over, ctest does not wait for the output to close.
  if (killer == KilledBy::stranger) say_who_holds_output(orphan, holders, ctest, lines);
  ::_exit(0);
}

}  // namespace

KilledBy killer_of(Milliseconds age, Milliseconds soonest_end, CtestIs ctest) {
  if (age + k_ctest_clock_slack < soonest_end || ctest == CtestIs::dead) return KilledBy::stranger;
  return soonest_end > Milliseconds{0} ? KilledBy::ctest : KilledBy::ctest_if_all_are_killed;
}

std::string note_on_orphan(KilledBy killer, std::size_t survivors,
                           const std::vector<os::NamedProcess>& holders) {
  std::string note = killer != KilledBy::stranger ? "ctest ended the test when its time was over"
                                                  : "launcher and guard of the test were killed";
  note += "; what it left was ended";
  if (survivors > 0) note += fmt::format(", but for {} processes", survivors);
  if (!holders.empty()) note += fmt::format("; {} may be its own and lives", names_of(holders));
  return note;
}

pid_t OrphanHelpers::look_after(Connection orphan, const std::string& journal, KilledBy killer,
                                const ProcessName& ctest, RunLines& lines) {
  const pid_t helper = ::fork();
  if (helper == 0) help(std::move(orphan), journal, killer, ctest, lines);
  if (helper > 0) helpers_.insert(helper);
  return helper;
}

void OrphanHelpers::reap_helpers(Reap which) {
  const int options = which == Reap::all ? 0 : WNOHANG;
  for (auto helper = helpers_.begin(); helper != helpers_.end();) {
    const bool ended = os::retried([&] { return ::waitpid(*helper, nullptr, options); }) == *helper;
    helper = ended ? helpers_.erase(helper) : std::next(helper);
  }
}

}  // namespace holdfast
