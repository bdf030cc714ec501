#include "os/process/ancestry.hpp"

#include <unistd.h>

namespace holdfast::os {

std::vector<ProcessName> own_ancestors() {
  std::vector<ProcessName> ancestors;
  walk_up(::getppid(), [&](pid_t pid, const ProcessStat& stat) {
    ancestors.push_back({pid, stat.start});
    return true;
  });
  return ancestors;
}

std::vector<ProcessName> ancestors_of(const ProcessName& process, std::size_t most) {
  std::vector<ProcessName> ancestors;
  walk_up(process.pid, [&](pid_t pid, const ProcessStat& stat) {
    if (pid == process.pid) return stat.start == process.start;
    ancestors.push_back({pid, stat.start});
    return ancestors.size() < most;
  });
  return ancestors;
}

bool is_below(pid_t pid, pid_t ancestor) {
  bool found = false;
  walk_up(pid, [&](pid_t, const ProcessStat& stat) {
    found = ancestor > 0 && stat.parent == ancestor;
    return !found;
  });
  return found;
}

}  // namespace holdfast::os
