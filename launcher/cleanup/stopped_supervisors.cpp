#include "cleanup/stopped_supervisors.hpp"

#include <fmt/core.h>

#include <signal.h>

#include <algorithm>
#include <map>
#include <system_error>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "journal/journal_reader.hpp"
#include "journal/run_directory.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/process/process_tree.hpp"
#include "values/attach.hpp"

namespace holdfast {
namespace {

bool kill_those(const RunOfCtest& run, IsMeant is_meant) {
  os::TaggedProcesses stuck = supervisors_of(run, std::move(is_meant));
  if (stuck.is_empty()) return false;
  (void)os::end_processes(stuck, {});
  return true;
}

namespace fs = std::filesystem;

// After its grace a launcher may wait for a guard, and looks at what is left.
constexpr Milliseconds k_ending_patience{7'000};
// The kernel may take so long to end a process that was killed.
constexpr Milliseconds k_kill_patience{2'000};

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
  const std::vector<std::string> entries = os::first_environment_of(pid);
  const Result<Attach> attach = parse_attach(variable_in(entries, environment::k_attach));
  return attach ? std::optional(*attach) : std::nullopt;
}

class StoppedSearch {
 public:
  explicit StoppedSearch(const fs::path& tree) : tree_(tree) {}

  std::vector<StoppedSupervisor> run() {
    os::for_each_process([this](pid_t pid) { look_at_process(pid); });
    for (const RunsOf whose : {RunsOf::ctest, RunsOf::people}) {
      for (const RunEntry& run : list_runs(tree_, whose)) {
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
  return std::ranges::all_of(
      processes, [&](const os::UniqueFd& one) { return os::wait_for(one.get(), until); });
}

}  // namespace

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

bool is_to_go_on(const StoppedPlace& place) {
  const bool is_without_keeper = place.ctest == CtestState::running && !place.has_keeper;
  return place.is_guard_alone || place.ctest == CtestState::dead || is_without_keeper;
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
  return counted(stopped.size(), "stopped process", "stopped processes") +
         " of Holdfast: " + bounded_list(stopped, stopped.size(), [](const StoppedSupervisor& one) {
           return fmt::format("{} (pid {})", one.name, one.process.pid);
         });
}

}  // namespace holdfast
