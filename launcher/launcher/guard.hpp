// The guard: the launcher's child and the test's parent. It reaps, finds leftovers, ends the tree,
// and goes on doing so when the launcher is killed; the launcher does it when the guard is.
//
// One process could not do it: what it had double-forked with a cleared environment before its own
// SIGKILL would be lost to all ancestry. Of the pair, whoever survives is a subreaper of
// everything.
#pragma once

#include <vector>

#include "core/build_step.hpp"
#include "core/policy.hpp"
#include "launcher/attempt_containment.hpp"
#include "launcher/guard_messages.hpp"
#include "launcher/records.hpp"
#include "launcher/step_outputs.hpp"
#include "os/lock_file.hpp"
#include "os/signals.hpp"
#include "os/spawn.hpp"
#include "os/unique_fd.hpp"

namespace holdfast::launcher {

struct GuardDuty {
  os::Command command;
  os::CallersSignals callers;
  Milliseconds grace{0};
  OnLeak on_leak = OnLeak::kill;
  bool needed_by_others = false;
  bool under_ctest = false;
  bool tells_start = false;  // reports the main process as soon as it runs
  os::UniqueFd launcher;     // our end of the socket pair
  pid_t launcher_pid = -1;
  int keeper = -1;  // the launcher's connection, inherited; -1: none
  int parent = -1;  // ctest's pidfd, inherited; -1: none
  const AttemptIdentity* identity = nullptr;
  std::vector<os::LockRequest>* locks = nullptr;  // inherited copies, which keep the locks
  const BuildStep* step = nullptr;                // inherited, as in AttemptPlan
  const StepOutputs* outputs = nullptr;
  AttemptContainment* containment = nullptr;  // inherited; null: nothing is around the test
};

// Runs in the forked child and does not return.
[[noreturn]] void be_guard(GuardDuty duty);

}  // namespace holdfast::launcher
