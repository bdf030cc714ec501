#include "keeper/stuck_pairs.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <vector>

#include "core/command_line.hpp"
#include "core/environment.hpp"
#include "keeper/unhurried.hpp"
#include "os/process.hpp"
#include "os/tagged_processes.hpp"

namespace holdfast {
namespace {

// As in /proc/<pid>/comm, which is cut off after 15 bytes.
constexpr std::string_view k_launcher = "holdfast-launch";
constexpr std::string_view k_guard = "holdfast-guard";

bool has_entry_like(std::string_view environment, std::string_view beginning) {
  while (!environment.empty()) {
    const std::string_view entry = environment.substr(0, environment.find('\0'));
    if (entry.substr(0, beginning.size()) == beginning) return true;
    environment.remove_prefix(std::min(environment.size(), entry.size() + 1));
  }
  return false;
}

using IsMeant = std::function<bool(pid_t pid, const os::ProcessStat& stat)>;

bool kill_those(const RunOfCtest& run, const IsMeant& is_meant) {
  // A test does not get this variable, and a ctest inside one has another.
  const std::string attach = std::string(environment::k_attach) + "=1 " +
                             std::to_string(run.ctest.pid) + " " + std::to_string(run.ctest.start) +
                             " " + std::to_string(run.include_count) + " ";
  os::TaggedProcesses stuck([&](const os::ProcessMarks& marks) {
    if (!has_entry_like(marks.environment, attach)) return false;
    const Result<os::ProcessStat> stat = os::read_process_stat(marks.pid);
    return stat && is_meant(marks.pid, *stat);
  });
  if (stuck.is_empty()) return false;
  Unhurried watcher;
  (void)os::end_processes(stuck, {}, watcher);
  return true;
}

bool has_launcher(const os::ProcessStat& guard) {
  const Result<os::ProcessStat> parent = os::read_process_stat(guard.parent);
  return parent && parent->name == k_launcher && parent->state != 'Z';
}

// It is a fork of the launcher and shows the same words.
bool is_of_test(pid_t guard, const std::string& test) {
  const std::vector<std::string> words = os::command_of(guard);
  if (words.empty()) return false;
  // One that has handed over to `holdfast exec` has that and three numbers before them.
  const bool is_exec = words.size() > 5 && words[1] == "exec";
  const Result<CommandLine> line =
      parse_command_line({words.begin() + (is_exec ? 5 : 1), words.end()});
  return line && line->name == test;
}

}  // namespace

void kill_launcher(const ProcessName& launcher) {
  const Result<os::UniqueFd> held = os::watch_process(launcher);
  if (held) (void)::syscall(SYS_pidfd_send_signal, held->get(), SIGKILL, nullptr, 0);
}

bool kill_launchers_of(const RunOfCtest& run) {
  return kill_those(run,
                    [](pid_t, const os::ProcessStat& stat) { return stat.name == k_launcher; });
}

bool kill_guards_of(const RunOfCtest& run) {
  return kill_those(run, [](pid_t, const os::ProcessStat& stat) { return stat.name == k_guard; });
}

bool kill_forsaken_guard(const RunOfCtest& run, const std::string& test) {
  return kill_those(run, [&](pid_t pid, const os::ProcessStat& stat) {
    return stat.name == k_guard && !has_launcher(stat) && is_of_test(pid, test);
  });
}

}  // namespace holdfast
