#include "keeper/left/stuck_pairs.hpp"

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
