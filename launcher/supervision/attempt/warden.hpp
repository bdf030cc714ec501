// Where there is no keeper (`holdfast run` outside of ctest): a process that outlives launcher and
// guard for as long as it takes to end what they left in its containment, with copies of the locks.
// It has a session of its own, and is not of the tree that the launcher ends.
#pragma once

#include <sys/types.h>

#include <vector>

#include "os/file/unique_fd.hpp"

namespace holdfast::supervision {

struct Warden {
  pid_t pid = -1;  // -1: there is none, 0: that is us
  // Who has it lives: the launcher, and the guard by inheritance. What they execute has it not.
  os::UniqueFd life;
};

// Forks the warden, which keeps these descriptors only. Returns in the launcher; in the warden when
// launcher and guard are dead, which may be because all is well. Failing to start one is no
// failure: it is a third who watches.
Warden start_warden(std::vector<int> kept);

}  // namespace holdfast::supervision
