#include "os/process/descendants.hpp"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "os/file/file_text.hpp"
#include "os/process/proc_numbers.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

constexpr std::string_view k_own_children = "thread-self/children";

bool kernel_lists_children() {
  static const bool lists = ::access(in_proc(k_own_children).c_str(), R_OK) == 0;
  return lists;
}

// Empty: it is gone.
std::string name_of(pid_t pid) {
  const Result<std::string> name = read_file(in_proc(pid, "comm"), 16);
  return name ? name->substr(0, name->find('\n')) : std::string();
}

// Finds descendants by a scan of all processes, for kernels that do not list children.
std::vector<Link> scanned_descendants(const Spared& spared) {
  std::vector<Link> all;
  for_each_process([&](pid_t pid) {
    if (const Result<ProcessStat> stat = read_process_stat(pid)) all.push_back({pid, stat->parent});
  });
  std::vector<Link> found;
  std::vector<pid_t> parents{::getpid()};
  while (!parents.empty()) {
    const pid_t parent = parents.back();
    parents.pop_back();
    for (const Link& link : all) {
      if (link.parent != parent || spared.covers(link.pid)) continue;
      found.push_back(link);
      parents.push_back(link.pid);
    }
  }
  return found;
}

}  // namespace

bool Spared::covers(pid_t pid) const {
  return contains(children, pid) || (other_sessions && ::getsid(pid) != ::getsid(0)) ||
         (inner_trees && name_of(pid) == k_guard_name);
}

std::vector<pid_t> inner_supervisors(const std::vector<Link>& links) {
  std::vector<pid_t> found;
  for (const Link& link : links) {
    // Only the name decides. The harm is small: a test that calls itself a guard does not get the
    // gentle signal.
    const std::string name = name_of(link.pid);
    const bool is_guard = name == k_guard_name;
    if (is_guard || name == k_launcher_name || name == k_keeper_name || name == k_etcd_name) {
      found.push_back(link.pid);
    }
    if (is_guard && link.parent != ::getpid()) found.push_back(link.parent);
  }
  return found;
}

bool contains(const std::vector<pid_t>& pids, pid_t pid) {
  return std::ranges::find(pids, pid) != pids.end();
}

std::vector<pid_t> own_children() {
  std::vector<pid_t> children;
  if (append_numbers_in(in_proc(k_own_children), children)) return children;
  for (const Link& link : scanned_descendants(Spared{})) {
    if (link.parent == ::getpid()) children.push_back(link.pid);
  }
  return children;
}

std::vector<Link> children(const Spared& spared) {
  const pid_t self = ::getpid();
  std::vector<Link> found;
  for (pid_t child : own_children()) {
    if (!spared.covers(child)) found.push_back({child, self});
  }
  return found;
}

std::vector<Link> descendants(const Spared& spared) {
  if (!kernel_lists_children()) return scanned_descendants(spared);
  std::vector<Link> found = children(spared);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const pid_t parent = found[i].pid;
    for (pid_t child : children_of(parent)) {
      if (!spared.covers(child)) found.push_back({child, parent});
    }
  }
  return found;
}

}  // namespace holdfast::os
