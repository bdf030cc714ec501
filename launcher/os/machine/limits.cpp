#include "os/machine/limits.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "os/memory/free_memory.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

std::optional<std::uint64_t> bound_of(rlim_t value) {
  if (value == RLIM_INFINITY) return std::nullopt;
  return value;
}

// `resource` is an enumeration in one C library, and a number in another.
template <typename Resource>
ResourceLimit limit_of(Resource resource) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return {};
  return {bound_of(limit.rlim_cur), bound_of(limit.rlim_max)};
}

// The first namespaces of a machine have fixed numbers in all versions of Linux
// (include/linux/proc_ns.h).
constexpr struct {
  const char* file;
  ino_t number;
} k_first[] = {
    {"/proc/self/ns/ipc", 0xEFFFFFFF},    {"/proc/self/ns/uts", 0xEFFFFFFE},
    {"/proc/self/ns/user", 0xEFFFFFFD},   {"/proc/self/ns/pid", 0xEFFFFFFC},
    {"/proc/self/ns/cgroup", 0xEFFFFFFB},
};

}  // namespace

ResourceLimit descriptor_limit() { return limit_of(RLIMIT_NOFILE); }
ResourceLimit process_limit() { return limit_of(RLIMIT_NPROC); }
ResourceLimit core_limit() { return limit_of(RLIMIT_CORE); }

std::uint64_t threads_of_user() {
  const uid_t user = ::getuid();
  std::uint64_t threads = 0;
  for_each_process([&](pid_t pid) {
    struct stat info {};
    const std::string tasks = in_proc(pid, "task");
    if (::stat(tasks.c_str(), &info) != 0 || info.st_uid != user) return;
    for_each_number(tasks, [&](int) { ++threads; });
  });
  return threads;
}

std::optional<CgroupRoom> process_room() {
  std::optional<CgroupRoom> least;
  for (const MemoryCgroup& group : memory_cgroups()) {
    if (group.first_version) continue;
    const auto most = number_in(group.directory + "/pids.max");  // none: "max"
    const auto now = number_in(group.directory + "/pids.current");
    if (!most || !now) continue;
    const std::uint64_t left = *most - std::min(*most, *now);
    if (!least || left < least->left) least = CgroupRoom{group.directory, left, *most};
  }
  return least;
}

std::string core_pattern() { return first_line_of("/proc/sys/kernel/core_pattern"); }

unsigned processors() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

Result<DiskSpace> disk_space(const std::string& directory) {
  struct statvfs info {};
  if (retried([&] { return ::statvfs(directory.c_str(), &info); }) != 0) {
    return system_error("look at " + directory);
  }
  const auto in_kb = [&](fsblkcnt_t blocks) {
    return std::uint64_t{blocks} * info.f_frsize / 1024;
  };
  DiskSpace space;
  space.size_kb = in_kb(info.f_blocks);
  space.free_kb = in_kb(info.f_bavail);
  space.inodes = info.f_files;
  space.free_inodes = info.f_favail;
  space.is_read_only = (info.f_flag & ST_RDONLY) != 0;
  space.forbids_execution = (info.f_flag & ST_NOEXEC) != 0;
  return space;
}

bool is_at_top_of_machine() {
  const bool are_first = std::ranges::all_of(k_first, [](const auto& first) {
    struct stat info {};
    return ::stat(first.file, &info) == 0 && info.st_ino == first.number;
  });
  if (!are_first) return false;
  // Only root may look at the root of the first process.
  const std::optional<FileId> root = file_at("/proc/1/root/");
  return !root || root == file_at("/");
}

}  // namespace holdfast::os
