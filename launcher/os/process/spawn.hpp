// Starts the test's main process.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "os/signal/signals.hpp"

namespace holdfast::os {

struct Command {
  char** arguments = nullptr;    // null-terminated; [0] is looked up in PATH as execvp(3) does
  char** environment = nullptr;  // null-terminated
  std::uint64_t tag = 0;         // soft RLIMIT_LOCKS of the process; 0: unchanged
  int nice = 0;                  // its nice value is at least this
  pid_t debugger = 0;       // this process and its children may trace the command; 0: unchanged
  int cgroup = -1;          // directory of the cgroup to start the process in; -1: none
  int entrance = -1;        // its cgroup.procs
  bool must_enter = false;  // it does not run outside of the cgroup
  // The stdout and stderr of the process; -1: ours.
  int output = -1;
  int errors = -1;
};

struct Spawned {
  pid_t pid = -1;
  int error = 0;  // errno of fork or exec; 0: the command runs
  // errno: the command is not in the cgroup. It runs all the same, or must_enter.
  int entrance_error = 0;
};

// Runs the command as a child with the caller's signals. The child shares everything else with us:
// process group, session, terminal, descriptors, working directory. Returns when exec has succeeded
// or failed. A script without `#!` is given to /bin/sh, as ctest does.
Spawned spawn(const Command& command, const CallersSignals& callers);

// Marks this process with the tag of an attempt (core/base/attempt_tag.hpp); 0: its mark stays.
// Async-signal-safe.
void take_tag(std::uint64_t tag);

// Becomes the command. Returns errno if that fails.
int become(const Command& command, const CallersSignals& callers);

}  // namespace holdfast::os
