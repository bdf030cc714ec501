// The limits under which this process, and what it starts, must live, and the room that is left.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace holdfast::os {

// Of getrlimit(2). None: there is no limit.
struct ResourceLimit {
  std::optional<std::uint64_t> soft;
  std::optional<std::uint64_t> hard;
};

ResourceLimit descriptor_limit();
ResourceLimit process_limit();
// In bytes.
ResourceLimit core_limit();

// Returns how many threads this user has: RLIMIT_NPROC counts them. Only those that /proc shows.
std::uint64_t threads_of_user();

// How many processes a cgroup still lets us start (pids.max), and which cgroup.
struct CgroupRoom {
  std::string directory;
  std::uint64_t left = 0;
  std::uint64_t most = 0;
};
// Returns the cgroup, of those around this process, that has the least room. None: none has a
// limit. Knows only cgroups of version 2.
std::optional<CgroupRoom> process_room();

// Returns the text of /proc/sys/kernel/core_pattern, core(5), without its line break.
std::string core_pattern();

// Returns how many processors this process may use.
unsigned processors();

// What the file system of a directory has left, statvfs(3).
struct DiskSpace {
  std::uint64_t size_kb = 0;
  std::uint64_t free_kb = 0;  // for this user: some file systems keep a part for root
  std::uint64_t inodes = 0;   // 0: the file system has no fixed number of them
  std::uint64_t free_inodes = 0;
  bool is_read_only = false;
  bool forbids_execution = false;  // mounted with `noexec`
};

// Fails if there is no such directory. Waits for a network file system.
Result<DiskSpace> disk_space(const std::string& directory);

// Where this process stands among the namespaces of the machine.

// Whether we are in no container and no chroot, so that a path leads the kernel to the same file as
// us. True only if everything says so. A mount namespace alone is no container here: it usually
// shows the same programs.
bool is_at_top_of_machine();

}  // namespace holdfast::os
