// One attempt: the test's process tree from its first process to its last, watched over.
#pragma once

#include "core/build_step.hpp"
#include "core/policy.hpp"
#include "launcher/companion.hpp"
#include "launcher/guard_messages.hpp"
#include "launcher/lock_taking.hpp"
#include "launcher/records.hpp"
#include "launcher/step_outputs.hpp"
#include "launcher/surroundings.hpp"
#include "launcher/teller.hpp"
#include "os/spawn.hpp"

namespace holdfast::launcher {

struct AttemptPlan {
  os::Command command;
  Policy policy;
  ExitMode mode = ExitMode::command;
  int keeper = -1;  // connection; -1: none
  const AttemptIdentity* identity = nullptr;
  std::vector<os::LockRequest>* locks = nullptr;  // held for as long as anything of the test lives
  Milliseconds native_end = k_longest;  // when ctest ends the test by itself, monotonic clock
  int timeout_signal = 0;               // by which its time ends; 0: SIGTERM, with the usual grace
  Milliseconds timeout_grace{0};
  Milliseconds stop_time = k_longest;  // ctest's --stop-time, on the same clock
  Loudness loudness = Loudness::normal;
  // More may be started here for the test, in the same working directory.
  bool keeps_directory = false;
  std::string_view required_files = {};  // as Properties has them
  std::string cgroup;  // what the attempt's would be called, where the policy wants one
  Teller* teller = nullptr;
  Companion* companion = nullptr;  // null: nobody
  // Of a build step: what has called setsid(2) is not of its tree. Null: it is a test.
  const BuildStep* step = nullptr;
  const StepOutputs* outputs = nullptr;
};

// Runs the test and returns when nothing of it is left (or when what is left was let go). Whatever
// arrives meanwhile (signals, ctest's death, the end of its time) ends the tree first.
AttemptResult run_attempt(const AttemptPlan& plan, Surroundings& around);

}  // namespace holdfast::launcher
