// How much memory there is, and how much is free for more processes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/process_name.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::os {

// Returns what the kernel calls available, in KiB, or less if one of our cgroups has less left.
// None: this system does not say.
std::optional<std::uint64_t> available_memory_kb();

// Returns the memory of the machine, in KiB, or the limit of one of our cgroups if that is less.
// None: this system does not say.
std::optional<std::uint64_t> total_memory_kb();

// Returns what these processes and all below them have in memory now, in KiB. Ended processes have
// nothing.
std::uint64_t memory_in_use_kb(const std::vector<ProcessName>& roots);

// The cgroups that may limit the memory of this process, and that count kills for lack of memory.
struct MemoryCgroup {
  std::string directory;       // in the file system; it need not exist
  bool first_version = false;  // its files are those of cgroups version 1
};

// Returns the process's own cgroup and all above it, up to the top of what is mounted: first
// version 2, then version 1, each with the nearest first. They are looked for at the usual mount
// points. If both versions are mounted (hybrid), version 2 has no memory controller. `own_groups`
// is the text of /proc/self/cgroup, cgroups(7). A container may have mounted only its own part of
// the hierarchy; then the top of that part is the cgroup that counts, and the others do not exist.
std::vector<MemoryCgroup> memory_cgroups(std::string_view own_groups);
std::vector<MemoryCgroup> memory_cgroups();

// Where the kernel reports that it killed processes because memory ran out.

// A counter of such kills: memory.events of a cgroup, or any file of that form.
class OomEvents {
 public:
  // An empty `path` stands for the nearest cgroup that counts. If there is
  // none, count() returns none.
  static OomEvents open(const std::string& path);

  // Reads the open file by one read(2).
  std::optional<std::uint64_t> count() const;

 private:
  UniqueFd file_;
};

// True: the kernel's log, as far as it can be read, says that this process was killed within the
// last `age` because memory ran out. Always false outside of the machine's first PID namespace,
// because the log has the numbers of that namespace.
bool kernel_log_names_victim(pid_t pid, Milliseconds age);

}  // namespace holdfast::os
