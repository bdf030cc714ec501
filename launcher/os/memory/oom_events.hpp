// Where the kernel says that it killed processes for want of memory.
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
  // `path` empty: that of the nearest cgroup that counts (memory_cgroups.hpp). Where there is none,
  // count() is none.
  static OomEvents open(const std::string& path);

  // One read(2) of the open file.
  std::optional<std::uint64_t> count() const;

 private:
  UniqueFd file_;
};

// Whether the kernel's log, as far as it can be read, says so of this process within `age` from
// now. False in any PID namespace but the machine's first: the log has its numbers.
bool kernel_log_names_victim(pid_t pid, Milliseconds age);

}  // namespace holdfast::os
