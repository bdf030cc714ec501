// Finds processes that hold a file by flock(2) without a record, such as scripts with flock(1).
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "os/file/unique_fd.hpp"

namespace holdfast::os {

struct FlockHolder {
  pid_t pid = 0;
  std::string command;  // the beginning of the process's command line
};

// `quick` looks only at the processes that took locks, by the kernel's table of locks. These
// processes may be dead or in another PID namespace, while others keep the lock. `thorough` looks
// at all processes if the first look finds nobody. It is meant only for a file that is known to be
// locked.
enum class FlockSearch { quick, thorough };

// Returns the processes that have one of `files` open and locked now. Only root sees processes of
// other users.
std::vector<FlockHolder> find_flock_holders(const std::vector<UniqueFd>& files, FlockSearch how);

}  // namespace holdfast::os
