// A process for where there is no keeper (`holdfast run` outside of ctest). It outlives launcher
// and guard until it has ended what they left in its containment, and has copies of the locks. It
// has a process group of its own, and is not of the tree that the launcher ends.
#pragma once

#include <sys/types.h>

#include <vector>

#include "os/file/unique_fd.hpp"

namespace holdfast::supervision {

struct Warden {
  pid_t pid = -1;  // -1: there is none, 0: that is us
  // Open in launcher and guard while they live; closed in what they execute.
  os::UniqueFd life;
};

// Forks the warden, which keeps these descriptors only. Returns in the launcher. Returns in the
// warden when launcher and guard are dead, which may be because all is well. Not being able to
// start one is no failure: the warden is only a third watcher.
Warden start_warden(std::vector<int> kept);

}  // namespace holdfast::supervision
