#include "keeper/left/stopped_supervisors.hpp"

#include <fmt/core.h>
#include <poll.h>
#include <sys/wait.h>

#include <iterator>
#include <system_error>

#include "core/base/json_line.hpp"
#include "core/ctest/attach.hpp"
#include "os/containment/cgroup.hpp"
#include "os/containment/namespaces.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"
#include "os/file/system_call.hpp"
#include "os/log/log.hpp"
#include "os/process/process_tree.hpp"
#include "os/process/stop_record.hpp"
#include "store/journal_reader.hpp"
#include "store/run_directory.hpp"

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
  const Result<Journal> read = read_journal(journal);
  if (!read) return false;
  return std::ranges::any_of(read->records, [&](const Record& record) {
    const auto* ended = std::get_if<AttemptEnded>(&record);
    return ended != nullptr && ended->attempt == attempt;
  });
}

std::string names_of(const std::vector<os::NamedProcess>& processes) {
  std::string text;
  for (const os::NamedProcess& one : processes) {
    text += fmt::format("{}{} (pid {})", text.empty() ? "" : ", ", one.name, one.pid);
  }
  return text;
}

void record(const Connection& orphan, const std::string& journal, KilledBy killer,
            std::size_t survivors, const std::vector<os::NamedProcess>& holders) {
  if (journal.empty() || is_recorded(journal, orphan.attempt)) return;
  JsonLine line("attempt_ended", os::unix_now_ms());
  line.text("attempt", orphan.attempt).text("test", orphan.test).text("key", orphan.key);
  const bool timed_out = killer != KilledBy::stranger;
  line.number("n", orphan.n);
  line.text("outcome", name_of(timed_out ? Outcome::timed_out : Outcome::interrupted));
  line.text("note", note_on_orphan(killer, survivors, holders));
  (void)os::append_line(journal, std::move(line).finish());
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
    pollfd death{processes.news().front(), POLLIN, 0};
    (void)::poll(&death, 1, static_cast<int>(k_look_interval.count()));
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
  if (!orphan.stop_record.empty()) (void)os::run_left_stop(orphan.stop_record);
  const std::vector<os::NamedProcess> holders = os::holders_of(orphan.output, {ctest.pid});
  record(orphan, journal, killer, survivors, holders);
  // When its own limit is over, ctest does not wait for the output to close.
  if (killer == KilledBy::stranger) say_who_holds_output(orphan, holders, ctest, lines);
  ::_exit(0);
}

namespace fs = std::filesystem;

// After its grace a launcher may wait for a guard, and looks at what is left.
constexpr Milliseconds k_ending_patience{7'000};
// The kernel may take so long to end a process that was killed.
constexpr Milliseconds k_kill_patience{2'000};
constexpr std::size_t k_longest_environment = std::size_t{2} << 20;

CtestState state_of(const ProcessName& ctest) {
  if (!os::is_alive(ctest)) return CtestState::dead;
  return os::is_stopped(ctest.pid) ? CtestState::stopped : CtestState::running;
}

// What is known of one ctest.
struct Ctest {
  CtestState state = CtestState::running;
  ProcessName keeper = {};  // pid 0: there is none
  bool is_keeper_stopped = false;
};

Ctest look_at(const ProcessName& name) {
  Ctest ctest{state_of(name)};
  const os::Connected keeper = connect_to_keeper(name, k_probe_patience);
  if (!keeper.socket.valid()) return ctest;
  const pid_t pid = os::peer_process(keeper.socket.get());
  const Result<os::ProcessStat> stat = os::read_process_stat(pid);
  if (!stat) return ctest;
  ctest.keeper = {pid, stat->start};
  ctest.is_keeper_stopped = os::is_stopped(pid);
  return ctest;
}

std::optional<Attach> attach_of(pid_t pid) {
  const std::string beginning = std::string(environment::k_attach) + "=";
  for (const std::string& entry : os::first_environment_of(pid, k_longest_environment)) {
    if (!entry.starts_with(beginning)) continue;
    const Result<Attach> attach = parse_attach(std::string_view(entry).substr(beginning.size()));
    if (attach) return *attach;
  }
  return std::nullopt;
}

class StoppedSearch {
 public:
  explicit StoppedSearch(const fs::path& tree) : tree_(tree) {}

  std::vector<StoppedSupervisor> run() {
    os::for_each_process([this](pid_t pid) { look_at_process(pid); });
    for (const RunsOf whose : {RunsOf::ctest, RunsOf::people}) {
      for (const RunEntry& run : list_runs(tree_, Dates::only_for_the_order, whose)) {
        const std::optional<RunStarted> started = first_record(run.journal);
        if (!started || started->tree != tree_.string() || started->ctest.pid <= 0) continue;
        if (started->boot == os::numbering_id()) (void)of(started->ctest);
      }
    }
    for (const auto& [name, ctest] : ctests_) {
      if (!ctest.is_keeper_stopped) continue;
      const bool is_over = ctest.state == CtestState::dead;
      found_.push_back({ctest.keeper, std::string(os::k_keeper_name),
                        is_over ? GoingOn::may_end : GoingOn::works});
    }
    return std::move(found_);
  }

 private:
  void look_at_process(pid_t pid) {
    const Result<os::ProcessStat> stat = os::read_process_stat(pid);
    if (!stat || (!is_launcher(*stat) && !is_guard(*stat)) || !os::is_stopped(pid)) return;
    const std::optional<Attach> attach = attach_of(pid);
    if (!attach || !is_our_tree(attach->tree)) return;
    if (attach->pid_namespace != os::own_pid_namespace()) return;
    const Ctest& ctest = of(attach->ctest);
    StoppedPlace place;
    place.is_guard_alone = is_guard(*stat) && is_alone(*stat);
    place.has_keeper = ctest.keeper.pid > 0 && !ctest.is_keeper_stopped;
    place.ctest = ctest.state;
    if (!is_to_go_on(place)) return;
    GoingOn then = place.is_guard_alone ? GoingOn::may_end : GoingOn::works;
    if (ctest.state == CtestState::dead) then = GoingOn::must_end;
    found_.push_back({{pid, stat->start}, stat->name, then});
  }

  bool is_our_tree(const std::string& tree) const {
    std::error_code failed;
    return tree == tree_.string() || fs::weakly_canonical(tree, failed) == tree_;
  }

  const Ctest& of(const ProcessName& name) {
    const auto known = ctests_.find(to_text(name));
    if (known != ctests_.end()) return known->second;
    return ctests_.emplace(to_text(name), look_at(name)).first->second;
  }

  fs::path tree_;
  std::map<std::string, Ctest> ctests_;
  std::vector<StoppedSupervisor> found_;
};

// True: all have ended in time.
bool all_end(const std::vector<os::UniqueFd>& processes, Milliseconds until) {
  return std::ranges::all_of(processes, [&](const os::UniqueFd& one) {
    pollfd end{one.get(), POLLIN, 0};
    return ::poll(&end, 1, os::poll_time(until)) == 1;
  });
}

bool kill_those(const RunOfCtest& run, IsMeant is_meant) {
  os::TaggedProcesses stuck = supervisors_of(run, std::move(is_meant));
  if (stuck.is_empty()) return false;
  (void)os::end_processes(stuck, {});
  return true;
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

bool is_to_go_on(const StoppedPlace& place) {
  if (place.is_guard_alone) return true;
  switch (place.ctest) {
    case CtestState::dead:
      return true;
    case CtestState::stopped:
      return false;
    case CtestState::running:
      return !place.has_keeper;
  }
  return false;
}

std::vector<StoppedSupervisor> find_stopped(const fs::path& tree) {
  return StoppedSearch(tree).run();
}

void let_go_on(const std::vector<StoppedSupervisor>& stopped, Milliseconds patience) {
  std::vector<os::UniqueFd> may_end;
  std::vector<os::UniqueFd> must_end;
  for (const StoppedSupervisor& one : stopped) {
    Result<os::UniqueFd> held = os::watch_process(one.process);
    if (!held) continue;
    (void)os::send_signal(held->get(), SIGCONT);
    if (one.then == GoingOn::may_end) may_end.push_back(std::move(*held));
    if (one.then == GoingOn::must_end) must_end.push_back(std::move(*held));
  }
  if (patience == Milliseconds{0}) return;
  const Milliseconds until = os::monotonic_now() + patience;
  const bool have_ended = all_end(must_end, until);
  (void)all_end(may_end, until);
  if (have_ended) return;
  for (const os::UniqueFd& one : must_end) (void)os::send_signal(one.get(), SIGKILL);
  (void)all_end(must_end, os::monotonic_now() + k_kill_patience);
}

Milliseconds patience_with_stopped(Milliseconds grace) { return grace + k_ending_patience; }

std::string describe(const std::vector<StoppedSupervisor>& stopped) {
  std::string text =
      counted(stopped.size(), "stopped process", "stopped processes") + " of Holdfast: ";
  for (std::size_t i = 0; i < stopped.size(); ++i) {
    text +=
        fmt::format("{}{} (pid {})", i == 0 ? "" : ", ", stopped[i].name, stopped[i].process.pid);
  }
  return text;
}

bool names_attempt(const std::vector<std::string>& words, const std::string& attempt) {
  return words.size() > 1 && words[1] == attempt;
}

void kill_launcher(const ProcessName& launcher) {
  const Result<os::UniqueFd> held = os::watch_process(launcher);
  if (held) (void)os::send_signal(held->get(), SIGKILL);
}

bool kill_launchers_of(const RunOfCtest& run) {
  return kill_those(run, [](pid_t, const os::ProcessStat& stat) { return is_launcher(stat); });
}

bool kill_guards_of(const RunOfCtest& run) {
  return kill_those(run, [](pid_t, const os::ProcessStat& stat) { return is_guard(stat); });
}

bool kill_forsaken_guard(const RunOfCtest& run, const std::string& attempt) {
  return kill_those(run, [&](pid_t pid, const os::ProcessStat& stat) {
    return is_guard(stat) && is_alone(stat) && names_attempt(os::command_of(pid), attempt);
  });
}

}  // namespace holdfast
