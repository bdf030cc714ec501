#include "keeper/left/stuck_pairs.hpp"

#include <signal.h>

#include <utility>

#include "core/settings/command_line.hpp"
#include "os/process/process.hpp"
#include "os/process/process_tree.hpp"

namespace holdfast {
namespace {

bool kill_those(const RunOfCtest& run, IsMeant is_meant) {
  os::TaggedProcesses stuck = supervisors_of(run, std::move(is_meant));
  if (stuck.is_empty()) return false;
  (void)os::end_processes(stuck, {});
  return true;
}

}  // namespace

bool is_launcher_of(const std::vector<std::string>& words, const std::string& test) {
  if (words.empty()) return false;
  // If the launcher was handed something over, the word that names it comes first.
  const bool is_handed_over = words.size() > 1 && words[1].starts_with(k_handed_over);
  const Result<CommandLine> line =
      parse_command_line({words.begin() + (is_handed_over ? 2 : 1), words.end()});
  return line && line->name == test;
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

bool kill_forsaken_guard(const RunOfCtest& run, const std::string& test) {
  return kill_those(run, [&](pid_t pid, const os::ProcessStat& stat) {
    return is_guard(stat) && is_alone(stat) && is_launcher_of(os::command_of(pid), test);
  });
}

}  // namespace holdfast
