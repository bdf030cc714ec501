#include "os/containment/cgroup.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>

#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/lock_directory.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

// A process is a member until it is reaped. A process that is just ending is gone in microseconds.
constexpr Milliseconds k_removal_patience{1000};
// We try this often to let go and to remove. A process may fork while we let it go, and an empty
// cgroup may still be busy.
constexpr int k_most_rounds = 8;
constexpr std::size_t k_longest_mounts = 4UL * 1024 * 1024;
constexpr long k_cgroup2_magic = 0x63677270;  // statfs(2)

// A line of /proc/self/mountinfo: proc_pid_mountinfo(5). The kernel escapes blanks in these paths,
// but nobody mounts a cgroup2 at a path with blanks.
struct Mount {
  std::string root;   // which part of the hierarchy is mounted
  std::string point;  // where it is mounted; empty: there is none
};

Mount cgroup2_mount() {
  const Result<std::string> text = read_file("/proc/self/mountinfo", k_longest_mounts);
  if (!text) return {};
  for (std::string_view line : TextParts{*text, '\n'}) {
    if (line.find(" - cgroup2 ") == std::string_view::npos) continue;
    for (int field = 0; field < 3; ++field) (void)take_part(line, ' ');
    return {std::string(take_part(line, ' ')), std::string(take_part(line, ' '))};
  }
  return {};
}

// Nearly every machine has all cgroups at one of these places. To read all mounts takes longer.
std::string usual_place_of(const std::string& cgroup) {
  for (const char* place : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    struct statfs info {};
    if (::statfs(place, &info) != 0 || info.f_type != k_cgroup2_magic) continue;
    std::string path = place + (cgroup == "/" ? std::string() : cgroup);
    if (::access((path + "/cgroup.procs").c_str(), F_OK) == 0) return path;
  }
  return {};
}

// Returns the path of our own cgroup in the file system.
Result<std::string> own_cgroup() {
  HOLDFAST_TRY(const std::string text, read_file("/proc/self/cgroup"));
  const std::string all = "\n" + text;
  std::string path(rest_of_line(all, "\n0::"));
  if (!path.starts_with('/')) return Error{"find our own cgroup (version 2)"};
  if (std::string place = usual_place_of(path); !place.empty()) return place;
  const Mount mount = cgroup2_mount();
  if (mount.point.empty()) return Error{"find a cgroup2 file system: none is mounted"};
  const std::string root = mount.root == "/" ? "" : mount.root;
  if (!path.starts_with(root) || path.starts_with("/../")) {
    return Error{"use our own cgroup " + path + ": it is not below " + mount.point};
  }
  path.erase(0, root.size());
  return mount.point + (path == "/" ? "" : path);
}

// Returns the names of the cgroups directly below.
std::vector<std::string> cgroups_below(int directory) {
  std::vector<std::string> names;
  DIR* entries = ::fdopendir(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (entries == nullptr) return names;
  while (const dirent* entry = ::readdir(entries)) {
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  ::closedir(entries);
  return names;
}

void remove_all_below(int directory) {
  for (const std::string& name : cgroups_below(directory)) {
    const UniqueFd below = open_directory(directory, name.c_str());
    remove_all_below(below.get());
    ::unlinkat(directory, name.c_str(), AT_REMOVEDIR);
  }
}

void collect_forsaken(int directory, const std::string& prefix, std::vector<Cgroup>& found) {
  for (const std::string& name : cgroups_below(directory)) {
    UniqueFd below = open_directory(directory, name.c_str());
    // A cgroup that is looked after contains nothing to find.
    if (!name.starts_with(prefix)) {
      collect_forsaken(below.get(), prefix, found);
    } else if (::flock(below.get(), LOCK_EX | LOCK_NB) == 0) {
      found.emplace_back(name, std::move(below));
    }
  }
}

// Opens a cgroup that this process may leave, because the test leaves it.
Result<UniqueFd> open_to_leave(const std::string& path) {
  UniqueFd directory(::openat(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return system_error("open " + path);
  if (::faccessat(directory.get(), "cgroup.procs", W_OK, AT_EACCESS) != 0) {
    return system_error("write to " + path + "/cgroup.procs");
  }
  return directory;
}

struct Held {
  pid_t pid;
  UniqueFd process;
};

// Opens a descriptor for each member. Another process may get a member's number before the
// descriptor is open. So only processes that are still members stay in the result.
std::vector<Held> hold_members(int directory) {
  std::vector<Held> held;
  for (pid_t pid : cgroup_members(directory)) held.push_back({pid, watch_living(pid)});
  const std::vector<pid_t> now = cgroup_members(directory);
  std::erase_if(held, [&](const Held& one) { return !contains(now, one.pid); });
  return held;
}

}  // namespace

Result<void> Cgroup::may_make() {
  HOLDFAST_TRY(const std::string path, own_cgroup());
  HOLDFAST_TRY(const UniqueFd above, open_to_leave(path));
  if (::faccessat(above.get(), ".", W_OK, AT_EACCESS) == 0) return {};
  return system_error("make a cgroup in " + path);
}

Result<Cgroup> Cgroup::make(const std::string& name) {
  HOLDFAST_TRY(const std::string path, own_cgroup());
  HOLDFAST_TRY(const UniqueFd above, open_to_leave(path));
  if (::mkdirat(above.get(), name.c_str(), 0755) != 0) {
    return system_error("make " + path + "/" + name);
  }
  UniqueFd directory = open_directory(above.get(), name.c_str());
  if (!directory.valid() || ::flock(directory.get(), LOCK_EX | LOCK_NB) != 0) {
    return system_error("lock " + path + "/" + name);
  }
  // A sweep may have removed the new cgroup before it was locked.
  if (!has_name(directory, above, name)) {
    return system_error("open " + path + "/" + name, ENOENT);
  }
  return Cgroup(name, std::move(directory));
}

Result<UniqueFd> Cgroup::open_entrance() const {
  UniqueFd entrance(::openat(directory(), "cgroup.procs", O_WRONLY | O_CLOEXEC));
  if (!entrance.valid()) return system_error("open cgroup.procs of " + name_);
  return entrance;
}

void Cgroup::let_go() const {
  const UniqueFd above = open_directory(directory(), "..");
  for (int round = 0; round < k_most_rounds; ++round) {
    const std::vector<pid_t> members = cgroup_members(directory());
    if (members.empty()) return;
    for (pid_t pid : members) {
      (void)write_cgroup_file(above.get(), "cgroup.procs", std::to_string(pid));
    }
  }
}

Result<void> Cgroup::remove() const {
  const UniqueFd above = open_directory(directory(), "..");
  if (!above.valid()) return {};  // somebody else has removed it
  if (::unlinkat(above.get(), name_.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
  CgroupProcesses processes(directory());
  const Milliseconds until = monotonic_now() + k_removal_patience;
  for (int round = 1;; ++round) {
    const bool empty = processes.is_empty();
    remove_all_below(directory());
    if (::unlinkat(above.get(), name_.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
    const int error = errno;
    if (error != EBUSY || monotonic_now() >= until) {
      return system_error("remove the cgroup " + name_, error);
    }
    // The cgroup was empty, but busy. So its state changed between the two looks, and perhaps no
    // event follows.
    if (empty && round < k_most_rounds) continue;
    (void)wait_for(processes.news().front(), until);
  }
}

std::vector<Cgroup> forsaken_cgroups(const std::string& prefix) {
  std::vector<Cgroup> found;
  const UniqueFd top(::open(cgroup2_mount().point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  collect_forsaken(top.get(), prefix, found);
  return found;
}

std::string read_cgroup_file(int directory, const char* name) {
  const UniqueFd file(::openat(directory, name, O_RDONLY | O_CLOEXEC));
  std::string text;
  (void)read_all(file.get(), text);
  return text;
}

bool write_cgroup_file(int directory, const char* name, std::string_view text) {
  const UniqueFd file(::openat(directory, name, O_WRONLY | O_CLOEXEC));
  return retried([&] { return ::write(file.get(), text.data(), text.size()); }) ==
         static_cast<ssize_t>(text.size());
}

std::vector<pid_t> cgroup_members(int directory) {
  std::vector<pid_t> members;
  const std::string text = read_cgroup_file(directory, "cgroup.procs");
  for (const std::string_view line : TextParts{text, '\n'}) {
    const pid_t pid = leading_number<pid_t>(line).value_or(0);
    // 0 stands for a process that our PID namespace does not see.
    if (pid > 0) members.push_back(pid);
  }
  for (const std::string& name : cgroups_below(directory)) {
    const auto below = cgroup_members(open_directory(directory, name.c_str()).get());
    members.insert(members.end(), below.begin(), below.end());
  }
  return members;
}

std::int64_t memory_peak_kb(int directory) {
  return leading_number<std::int64_t>(read_cgroup_file(directory, "memory.peak")).value_or(0) /
         1024;
}

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
  return read_cgroup_file(directory_, "cgroup.events").find("populated 1") == std::string::npos;
}

std::vector<NamedProcess> CgroupProcesses::living() {
  return living_of(cgroup_members(directory_));
}

std::vector<int> CgroupProcesses::news() { return {changes_.get()}; }

void CgroupProcesses::hear_news() {
  char text[128];
  (void)::pread(events_.get(), text, sizeof text, 0);
}

}  // namespace holdfast::os
