#include "os/tagged_processes.hpp"

#include <dirent.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "core/attempt_tag.hpp"
#include "os/file_text.hpp"
#include "os/process.hpp"

namespace holdfast::os {
namespace {

constexpr int k_empty_scans_believed = 6;
constexpr std::size_t k_longest_environment = 4UL * 1024 * 1024;

template <typename Visit>
void for_each_process(const std::string& directory, Visit visit) {
  DIR* entries = ::opendir(directory.c_str());
  if (entries == nullptr) return;
  while (const dirent* entry = ::readdir(entries)) {
    const auto pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (pid > 0) visit(pid);
  }
  ::closedir(entries);
}

// Of the process, or of a thread: a zombie leader with living threads shows nothing of its own.
std::string environment_of(pid_t pid) {
  const std::string base = "/proc/" + std::to_string(pid);
  Result<std::string> text = read_file(base + "/environ", k_longest_environment);
  if (text && !text->empty()) return std::move(*text);
  std::string found;
  for_each_process(base + "/task", [&](pid_t task) {
    if (!found.empty()) return;
    Result<std::string> of_task =
        read_file(base + "/task/" + std::to_string(task) + "/environ", k_longest_environment);
    if (of_task) found = std::move(*of_task);
  });
  return found;
}

}  // namespace

TaggedProcesses::TaggedProcesses(const std::string& attempt)
    : TaggedProcesses([attempt, number = tag_number(attempt)](const ProcessMarks& marks) {
        return marks.number == number || environment_has_attempt(marks.environment, attempt);
      }) {}

TaggedProcesses::TaggedProcesses(Belongs belongs) : belongs_(std::move(belongs)) {
  for (pid_t pid = ::getpid(); pid > 0;) {
    own_line_.push_back(pid);
    const Result<ProcessStat> stat = read_process_stat(pid);
    pid = stat ? stat->parent : 0;
  }
}

bool TaggedProcesses::is_member(pid_t pid) const {
  if (std::find(own_line_.begin(), own_line_.end(), pid) != own_line_.end()) return false;
  const std::string environment = environment_of(pid);
  const Result<std::string> limits = read_file("/proc/" + std::to_string(pid) + "/limits");
  return belongs_({pid, limits ? tag_in_limits(*limits) : 0, environment});
}

// The newest first, and each signalled as soon as it is found: who forks all the time lives for a
// fraction of the time that a look at all processes takes.
void TaggedProcesses::scan(std::initializer_list<int> signals) {
  members_.clear();
  std::vector<pid_t> pids;
  for_each_process("/proc", [&](pid_t pid) { pids.push_back(pid); });
  std::for_each(pids.rbegin(), pids.rend(), [&](pid_t pid) {
    UniqueFd held(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!held.valid() || !is_member(pid)) return;
    const Result<ProcessStat> stat = read_process_stat(pid);
    if (!stat || stat->state == 'Z' || stat->state == 'X') return;
    for (int signal : signals) {
      ::syscall(SYS_pidfd_send_signal, held.get(), signal, nullptr, 0);
    }
    members_.push_back({{pid, stat->name}, std::move(held)});
  });
}

void TaggedProcesses::signal_all(int signal) { scan({signal}); }

void TaggedProcesses::ask_to_end(int signal) { scan({signal, SIGCONT}); }

bool TaggedProcesses::is_empty() {
  for (int scans = 0; scans < k_empty_scans_believed; ++scans) {
    scan();
    if (!members_.empty()) return false;
  }
  return true;
}

std::vector<NamedProcess> TaggedProcesses::living() {
  scan();
  std::vector<NamedProcess> found;
  for (const Member& member : members_) found.push_back(member.process);
  return found;
}

std::vector<int> TaggedProcesses::news() {
  std::vector<int> descriptors;
  for (const Member& member : members_) descriptors.push_back(member.held.get());
  return descriptors;
}

}  // namespace holdfast::os
