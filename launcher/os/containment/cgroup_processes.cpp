#include "os/containment/cgroup_processes.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>

#include <algorithm>

#include "os/containment/cgroup_files.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

struct Held {
  pid_t pid;
  UniqueFd process;
};

// Opens a descriptor for each member. Another process may get a member's number before the
// descriptor is open. So only processes that are still members stay in the result.
std::vector<Held> hold_members(int directory) {
  std::vector<Held> held;
  for (pid_t pid : cgroup_members(directory)) {
    UniqueFd process = watch_living(pid);
    if (process.valid()) held.push_back({pid, std::move(process)});
  }
  const std::vector<pid_t> now = cgroup_members(directory);
  std::erase_if(held,
                [&](const Held& one) { return std::ranges::find(now, one.pid) == now.end(); });
  return held;
}

}  // namespace

// The kernel reports a change of cgroup.events by POLLPRI alone. An epoll descriptor turns it into
// POLLIN, because everybody waits for POLLIN.
CgroupProcesses::CgroupProcesses(int directory, Killing killing)
    : directory_(directory),
      killing_(killing),
      events_(::openat(directory, "cgroup.events", O_RDONLY | O_CLOEXEC)),
      changes_(::epoll_create1(EPOLL_CLOEXEC)) {
  epoll_event change{};
  change.events = EPOLLPRI;
  ::epoll_ctl(changes_.get(), EPOLL_CTL_ADD, events_.get(), &change);
}

void CgroupProcesses::signal_all(int signal) {
  if (signal == SIGKILL) {
    if (killing_ == Killing::at_once && write_cgroup_file(directory_, "cgroup.kill", "1")) return;
    // A frozen process cannot fork, but can be killed.
    (void)write_cgroup_file(directory_, "cgroup.freeze", "1");
  }
  for (const Held& one : hold_members(directory_)) (void)send_signal(one.process.get(), signal);
}

// hear_news() also reads the file, so that the kernel reports the next change.
bool CgroupProcesses::is_empty() {
  hear_news();
  return !is_populated(directory_);
}

std::vector<NamedProcess> CgroupProcesses::living() {
  std::vector<NamedProcess> living;
  for (pid_t pid : cgroup_members(directory_)) {
    const Result<ProcessStat> stat = read_process_stat(pid);
    if (stat && !has_ended(*stat)) living.push_back({pid, stat->name});
  }
  return living;
}

std::vector<int> CgroupProcesses::news() { return {changes_.get()}; }

void CgroupProcesses::hear_news() {
  char text[128];
  (void)::pread(events_.get(), text, sizeof text, 0);
}

}  // namespace holdfast::os
