// Where the kernel reports that it killed processes because memory ran out.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/duration.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// A counter of such kills: memory.events of a cgroup, or any file of that form.
class OomEvents {
 public:
  // An empty `path` stands for the nearest cgroup that counts (memory_cgroups.hpp). If there is
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
