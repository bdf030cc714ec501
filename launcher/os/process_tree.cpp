#include "os/process_tree.hpp"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "os/clock.hpp"
#include "os/contained_tree.hpp"
#include "os/file_text.hpp"
#include "os/process.hpp"
#include "os/signals.hpp"
#include "os/system_call.hpp"
#include "os/unique_fd.hpp"

namespace holdfast::os {
namespace {

// After SIGKILL a process is gone in microseconds unless the kernel holds it.
constexpr Milliseconds k_kill_patience{5000};
// Who forks faster than we look is left to SIGKILL.
constexpr int k_most_walks = 8;
// A child re-parented to us sends no SIGCHLD: look for newcomers this often while killing.
constexpr int k_kill_round_ms = 5;

bool contains(const std::vector<pid_t>& pids, pid_t pid) {
  return std::find(pids.begin(), pids.end(), pid) != pids.end();
}

void append_pids(std::string_view text, std::vector<pid_t>& pids) {
  while (!text.empty()) {
    pid_t pid = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (parsed.ec != std::errc{}) return;
    pids.push_back(pid);
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    while (!text.empty() && (text[0] == ' ' || text[0] == '\n')) text.remove_prefix(1);
  }
}

template <typename Visit>
void for_each_number_in(const std::string& directory, Visit visit) {
  DIR* entries = ::opendir(directory.c_str());
  if (entries == nullptr) return;
  while (const dirent* entry = ::readdir(entries)) {
    if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') visit(entry->d_name);
  }
  ::closedir(entries);
}

// Children of `pid` by /proc/<pid>/task/<tid>/children (CONFIG_PROC_CHILDREN).
std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for_each_number_in(tasks, [&](const char* task) {
    if (const Result<std::string> text =
            read_file(tasks + "/" + task + "/children", 1024UL * 1024UL)) {
      append_pids(*text, children);
    }
  });
  return children;
}

bool kernel_lists_children() {
  static const bool lists = ::access("/proc/thread-self/children", R_OK) == 0;
  return lists;
}

struct Link {
  pid_t pid;
  pid_t parent;
};

// Descendants by a scan of all processes, where the kernel does not list children.
std::vector<Link> scanned_descendants(const std::vector<pid_t>& spared) {
  std::vector<Link> all;
  for_each_number_in("/proc", [&](const char* name) {
    const auto pid = static_cast<pid_t>(std::strtol(name, nullptr, 10));
    if (const Result<ProcessStat> stat = read_process_stat(pid)) all.push_back({pid, stat->parent});
  });
  std::vector<Link> found;
  std::vector<pid_t> parents{::getpid()};
  while (!parents.empty()) {
    const pid_t parent = parents.back();
    parents.pop_back();
    for (const Link& link : all) {
      if (link.parent != parent || contains(spared, link.pid)) continue;
      found.push_back(link);
      parents.push_back(link.pid);
    }
  }
  return found;
}

std::vector<Link> descendants(const std::vector<pid_t>& spared) {
  if (!kernel_lists_children()) return scanned_descendants(spared);
  std::vector<Link> found;
  for (pid_t child : own_children()) {
    if (!contains(spared, child)) found.push_back({child, ::getpid()});
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    const pid_t parent = found[i].pid;
    for (pid_t child : children_of(parent)) found.push_back({child, parent});
  }
  return found;
}

// A child of ours keeps its number until we reap it. A deeper one may be reaped by its own parent
// and its number be given away while we look: so it is held by a descriptor and asked for its
// parent before it gets a signal.
void send(const Link& to, int signal) {
  if (to.parent == ::getpid()) {
    ::kill(to.pid, signal);
    return;
  }
  const UniqueFd held(static_cast<int>(::syscall(SYS_pidfd_open, to.pid, 0)));
  if (!held.valid()) return;
  const Result<ProcessStat> stat = read_process_stat(to.pid);
  // An orphan has come to us in the meantime and is still of the tree.
  if (!stat || (stat->parent != to.parent && stat->parent != ::getpid())) return;
  ::syscall(SYS_pidfd_send_signal, held.get(), signal, nullptr, 0);
}

// Once to every descendant that is not in `told_group`. One walk can miss a process whose parent is
// just ending: it has left the parent's list and was not yet in ours when that was read. So walks
// are repeated until one finds nobody new.
void signal_each(int signal, const std::vector<pid_t>& spared, pid_t told_group) {
  std::vector<pid_t> told;
  bool found_more = true;
  for (int walk = 0; found_more && walk < k_most_walks; ++walk) {
    found_more = false;
    for (const Link& link : descendants(spared)) {
      if (contains(told, link.pid)) continue;
      told.push_back(link.pid);
      found_more = true;
      if (told_group == k_no_group || ::getpgid(link.pid) != told_group) send(link, signal);
    }
  }
}

class Descendants final : public ProcessSet {
 public:
  Descendants(const EndOrder& order, TreeWatcher& watcher)
      : order_(order), watcher_(watcher), children_(watch_children()) {}

  void signal_all(int signal) override {
    signal_each(signal, order_.spared,
                signal == order_.first_signal ? order_.told_group : k_no_group);
  }
  bool is_empty() override { return !reap(watcher_, order_.spared); }
  std::vector<NamedProcess> living() override { return living_descendants(order_.spared); }
  std::vector<int> news() override { return {children_.get()}; }
  void hear_news() override { hear_of_children(children_); }

 private:
  const EndOrder& order_;
  TreeWatcher& watcher_;
  UniqueFd children_;
};

// Waits until a member ends, the watcher may want to hurry, or the time is over.
// True when the watcher hurries.
bool wait_for_news(ProcessSet& processes, TreeWatcher* watcher, Milliseconds time) {
  std::vector<pollfd> fds{{watcher != nullptr ? watcher->hurry_fd() : -1, POLLIN, 0}};
  for (int fd : processes.news()) fds.push_back({fd, POLLIN, 0});
  const auto timeout = static_cast<int>(std::clamp<std::int64_t>(time.count(), 0, 3'600'000));
  if (::poll(fds.data(), fds.size(), timeout) <= 0) return false;
  processes.hear_news();
  return fds[0].revents != 0 && watcher->hurries();
}

// False when the processes were gone before the grace was.
bool wait_out_grace(ProcessSet& processes, const EndOrder& order, TreeWatcher& watcher) {
  if (order.grace.count() == 0) return true;
  if (order.first_signal != 0) processes.signal_all(order.first_signal);
  processes.signal_all(SIGCONT);
  const Milliseconds until = monotonic_now() + order.grace;
  while (!processes.is_empty()) {
    const Milliseconds left = until - monotonic_now();
    if (left.count() <= 0 || wait_for_news(processes, &watcher, left)) return true;
  }
  return false;
}

}  // namespace

Result<void> become_subreaper() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0) return {};
  return system_error("become the parent of orphans (PR_SET_CHILD_SUBREAPER)");
}

std::vector<pid_t> own_children() {
  std::vector<pid_t> children;
  if (const Result<std::string> text = read_file("/proc/thread-self/children", 1024UL * 1024UL)) {
    append_pids(*text, children);
    return children;
  }
  for (const Link& link : scanned_descendants({})) {
    if (link.parent == ::getpid()) children.push_back(link.pid);
  }
  return children;
}

std::vector<NamedProcess> living_descendants(const std::vector<pid_t>& spared) {
  std::vector<NamedProcess> living;
  for (const Link& link : descendants(spared)) {
    const Result<ProcessStat> stat = read_process_stat(link.pid);
    if (stat && stat->state != 'Z') living.push_back({link.pid, stat->name});
  }
  return living;
}

void signal_descendants(int signal, const std::vector<pid_t>& spared) {
  signal_each(signal, spared, k_no_group);
}

bool reap(TreeWatcher& watcher, const std::vector<pid_t>& spared) {
  while (true) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG | __WALL);
    if (pid > 0) {
      if (!contains(spared, pid)) watcher.on_reaped(pid, status);
      continue;
    }
    if (pid < 0) return false;
    if (spared.empty()) return true;
    const std::vector<pid_t> left = own_children();
    return std::any_of(left.begin(), left.end(), [&](pid_t p) { return !contains(spared, p); });
  }
}

std::vector<NamedProcess> end_tree(const EndOrder& order, TreeWatcher& watcher) {
  Descendants tree(order, watcher);
  if (order.contained == nullptr) return end_processes(tree, order, watcher);
  ContainedTree both(tree, *order.contained);
  return end_processes(both, order, watcher);
}

std::vector<NamedProcess> end_processes(ProcessSet& processes, const EndOrder& order,
                                        TreeWatcher& watcher) {
  if (!wait_out_grace(processes, order, watcher)) return {};
  const Milliseconds until = monotonic_now() + k_kill_patience;
  while (true) {
    processes.signal_all(SIGKILL);
    if (processes.is_empty()) return {};
    if (monotonic_now() >= until) return processes.living();
    wait_for_news(processes, nullptr, Milliseconds{k_kill_round_ms});
  }
}

}  // namespace holdfast::os
