// What to do in one attempt.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/settings/policy.hpp"
#include "core/step/build_step.hpp"
#include "os/lock/lock_file.hpp"
#include "os/process/execute.hpp"
#include "supervision/attempt/attempt_containment.hpp"
#include "supervision/attempt/companion.hpp"
#include "supervision/base/records.hpp"
#include "supervision/base/step_outputs.hpp"
#include "supervision/base/surroundings.hpp"
#include "supervision/base/teller.hpp"
#include "supervision/locks/cluster_locks.hpp"

namespace holdfast::supervision {

struct Grant;
struct Invocation;

// What an attempt on another machine has besides the plan (exec/far).
struct FarOrder {
  const Invocation& invocation;
  const Grant& grant;
  const Policy& policy;  // for the node: take_far_share()
};

struct AttemptPlan {
  os::Command command;
  Policy policy;
  ExitMode mode = ExitMode::command;
  int keeper = -1;  // connection; -1: none
  const AttemptIdentity* identity = nullptr;
  std::vector<os::LockRequest>* locks = nullptr;  // held for as long as anything of the test lives
  ClusterLocks* cluster = nullptr;                // likewise; null: it has no locks over machines
  Milliseconds native_end = k_longest;  // when ctest itself ends the test; monotonic clock
  int timeout_signal = 0;               // sent when time is over; 0: SIGTERM, with the usual grace
  Milliseconds timeout_grace{0};
  Milliseconds stop_time = k_longest;  // ctest's --stop-time; monotonic clock
  Loudness loudness = Loudness::normal;
  // True: this process starts nothing for the test but this attempt, and ctest's signal for the
  // limit ends the attempt.
  bool is_plain = true;
  // If this file is there when the main process ends, the guard compares the rights of the process
  // with its own; empty: it does not.
  std::string rights_file = {};
  // True: the program is of GoogleTest and may be asked for a report of its cases.
  bool may_ask_for_cases = false;
  std::string_view required_files = {};  // as TestFacts has them
  ContainmentNeeds contained;            // what the policy's containment needs
  Teller* teller = nullptr;
  Companion* companion = &no_companion();
  // The build step; null: the command is a test. Processes that have called setsid(2) do not belong
  // to a build step's tree.
  const BuildStep* step = nullptr;
  const StepOutputs* outputs = nullptr;
  const FarOrder* far = nullptr;  // null: the attempt runs here

  // The descriptors that keep the locks.
  std::vector<int> lock_descriptors() const;
};

}  // namespace holdfast::supervision
