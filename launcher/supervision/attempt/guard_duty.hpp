// What a guard has to look after.
#pragma once

#include <vector>

#include "core/settings/policy.hpp"
#include "core/step/build_step.hpp"
#include "os/file/unique_fd.hpp"
#include "os/lock/lock_file.hpp"
#include "os/process/spawn.hpp"
#include "os/signal/signals.hpp"
#include "supervision/attempt/attempt_containment.hpp"
#include "supervision/base/guard_messages.hpp"
#include "supervision/base/records.hpp"
#include "supervision/base/step_outputs.hpp"

namespace holdfast::supervision {

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
  AttemptContainment* containment = nullptr;  // inherited; null: there is none
};

}  // namespace holdfast::supervision
