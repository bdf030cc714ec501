#include "os/descendants.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

#include "os/file_text.hpp"
#include "os/process.hpp"

namespace holdfast::os {
namespace {

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

void append_children(const std::string& task, std::vector<pid_t>& children) {
  if (const Result<std::string> text = read_file(task + "/children", 1024UL * 1024UL)) {
    append_pids(*text, children);
  }
}

// Children of `pid` by /proc/<pid>/task/<tid>/children (CONFIG_PROC_CHILDREN).
std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  const std::string number = std::to_string(pid);
  const std::string tasks = "/proc/" + number + "/task/";
  // Most have one thread: the links of that directory are its own two and one for each.
  struct stat info {};
  if (::stat(tasks.c_str(), &info) == 0 && info.st_nlink == 3) {
    append_children(tasks + number, children);
  } else {
    for_each_number_in(tasks, [&](const char* task) { append_children(tasks + task, children); });
  }
  return children;
}

bool kernel_lists_children() {
  static const bool lists = ::access("/proc/thread-self/children", R_OK) == 0;
  return lists;
}

// Descendants by a scan of all processes, where the kernel does not list children.
std::vector<Link> scanned_descendants(const Spared& spared) {
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
      if (link.parent != parent || spared.covers(link.pid)) continue;
      found.push_back(link);
      parents.push_back(link.pid);
    }
  }
  return found;
}

}  // namespace

bool Spared::covers(pid_t pid) const {
  return contains(children, pid) || (other_sessions && ::getsid(pid) != ::getsid(0));
}

bool contains(const std::vector<pid_t>& pids, pid_t pid) {
  return std::find(pids.begin(), pids.end(), pid) != pids.end();
}

std::vector<pid_t> own_children() {
  std::vector<pid_t> children;
  if (const Result<std::string> text = read_file("/proc/thread-self/children", 1024UL * 1024UL)) {
    append_pids(*text, children);
    return children;
  }
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
