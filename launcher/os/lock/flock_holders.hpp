// Processes that hold a file by flock(2) without having said so: scripts that use flock(1).
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "os/file/unique_fd.hpp"

namespace holdfast::os {

struct FlockHolder {
  pid_t pid = 0;
  std::string command;  // the beginning of its command line
};

// `quick` believes the kernel's table of locks, which names who took one, be it dead or of another
// PID namespace; `thorough` goes on to look at all processes: only for a file that is known to be
// locked.
enum class FlockSearch { quick, thorough };

// Those that have one of `files` open and locked now. Other users' processes are seen by root only.
std::vector<FlockHolder> find_flock_holders(const std::vector<UniqueFd>& files, FlockSearch how);

}  // namespace holdfast::os
