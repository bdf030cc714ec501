// The processes above one, up to the first of its PID namespace.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <limits>
#include <vector>

#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {

// Each is older than its child, but a number may have been given away while we look.
inline constexpr int k_most_above = 4096;

// Asks `look(pid, stat)` of `first`, then of its parent, and so on upward, until it says false or
// there is nobody to be seen.
template <typename Look>
void walk_up(pid_t first, Look look) {
  pid_t pid = first;
  for (int depth = 0; pid > 0 && depth < k_most_above; ++depth) {
    const Result<ProcessStat> stat = read_process_stat(pid);
    if (!stat || !look(pid, *stat)) return;
    pid = stat->parent;
  }
}

// This process's, the nearest first.
std::vector<ProcessName> own_ancestors();

// The nearest `most` of another's. None when it has ended, or is of another PID namespace.
std::vector<ProcessName> ancestors_of(const ProcessName& process,
                                      std::size_t most = std::numeric_limits<std::size_t>::max());

// Whether `pid` is `ancestor`'s, at whatever depth. False when it has ended and was reaped.
bool is_below(pid_t pid, pid_t ancestor);

}  // namespace holdfast::os
