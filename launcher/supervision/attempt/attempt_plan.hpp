// What is to be done in one attempt.
#pragma once

#include "core/settings/policy.hpp"
#include "core/step/build_step.hpp"
#include "os/process/spawn.hpp"
#include "supervision/attempt/companion.hpp"
#include "supervision/base/guard_messages.hpp"
#include "supervision/base/records.hpp"
#include "supervision/base/step_outputs.hpp"
#include "supervision/base/surroundings.hpp"
#include "supervision/base/teller.hpp"
#include "supervision/locks/lock_taking.hpp"

namespace holdfast::supervision {

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

}  // namespace holdfast::supervision
