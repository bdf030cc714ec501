// The warden: a process that outlives launcher and guard until what they left has ended. It has
// copies of the locks, and a process group of its own. It is not of the tree that the launcher
// ends. There is one for an attempt in a containment without a keeper (`holdfast run` outside of
// ctest), and for an attempt on another machine that has locks on this one.
#pragma once

#include <sys/types.h>

#include <vector>

#include "os/file/unique_fd.hpp"

namespace holdfast::supervision {

struct Warden {
  pid_t pid = -1;  // -1: there is none; 0: this process is the warden
  // Open in launcher and guard while they live; closed in what they execute.
  os::UniqueFd life;
};

// Forks the warden, which keeps only the descriptors in `kept`. Returns in the launcher at once,
// and in the warden when launcher and guard are dead. They may have ended because the attempt is
// over and all is well. If the warden cannot be started, that is no failure, because it is only a
// third watcher.
Warden start_warden(std::vector<int> kept);

// To be called when all has ended well. Without a warden it does nothing.
void dismiss_warden(Warden& warden);

}  // namespace holdfast::supervision
