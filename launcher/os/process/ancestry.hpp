// The ancestors of a process, up to the first process of its PID namespace.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <limits>
#include <vector>

#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {

// Bounds the walk. If a number is given to another process meanwhile, the walk could be a circle.
inline constexpr int k_most_above = 4096;

// Calls `look(pid, stat)` for `first`, then for its parent, and so on upward, until `look` returns
// false or no process can be seen.
template <typename Look>
void walk_up(pid_t first, Look look) {
  pid_t pid = first;
  for (int depth = 0; pid > 0 && depth < k_most_above; ++depth) {
    const Result<ProcessStat> stat = read_process_stat(pid);
    if (!stat || !look(pid, *stat)) return;
    pid = stat->parent;
  }
}

// Returns the ancestors of this process, the nearest first.
std::vector<ProcessName> own_ancestors();

// Returns the nearest `most` ancestors of another process. None: the process has ended or is in
// another PID namespace.
std::vector<ProcessName> ancestors_of(const ProcessName& process,
                                      std::size_t most = std::numeric_limits<std::size_t>::max());

// True: `pid` is a descendant of `ancestor`. False if `pid` has ended and was reaped.
bool is_below(pid_t pid, pid_t ancestor);

}  // namespace holdfast::os
