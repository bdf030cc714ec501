// Who is below this process, by what /proc says at one moment.
#pragma once

#include <sys/types.h>

#include <vector>

namespace holdfast::os {

struct Link {
  pid_t pid;
  pid_t parent;
};

// Children of this thread, living or not yet reaped.
std::vector<pid_t> own_children();

// The same, but `spared` ones.
std::vector<Link> children(const std::vector<pid_t>& spared);

// All descendants, zombies too, but `spared` children and those below them. A process whose parent
// is just ending may be missed.
std::vector<Link> descendants(const std::vector<pid_t>& spared);

bool contains(const std::vector<pid_t>& pids, pid_t pid);

}  // namespace holdfast::os
