// Where the kernel reports that it killed processes for want of memory.
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
  // An empty `path` stands for the nearest cgroup that counts (memory_cgroups.hpp). Where there is
  // none, count() is none.
  static OomEvents open(const std::string& path);

  // One read(2) of the open file.
  std::optional<std::uint64_t> count() const;

 private:
  UniqueFd file_;
};

// Whether the kernel's log, as far as it can be read, names this process as killed for want of
// memory within the last `age`. False except in the machine's first PID namespace, whose numbers
// the log has.
bool kernel_log_names_victim(pid_t pid, Milliseconds age);

}  // namespace holdfast::os
