// Runs an attempt on a node of the Slurm allocation around ctest
// (docs/internals/decisions/0045-far-attempts.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attempt/attempt_plan.hpp"
#include "attempt/messages.hpp"
#include "os/file/descriptors.hpp"
#include "output/output_relay.hpp"
#include "slurm/far_job.hpp"
#include "slurm/srun_process.hpp"
#include "values/srun_words.hpp"

namespace holdfast::exec {

// The near side of a far attempt: follows srun and the records of the far side until the test is
// over, passes the test's output on, and tells the far side what happens here.
//
// srun passes no gentle signal on: by srun(1), TERM, QUIT and HUP become SIGKILL for the task, and
// INT does nothing. So this side tells the far side of a signal by a file. srun gets TERM only when
// the far side has said that all is over, or when the grace is over and the far side has not said
// so.

// What this side knows when srun has ended.
struct NearEnd {
  std::optional<FarStart> start;  // none: the far side has not begun
  std::string record;             // the record of the end; empty: there is none
  SrunWords said;
  Milliseconds slurm_wait{0};  // from srun's start until the far side had begun
  int signal = 0;              // the signal to end the test; 0: none
  bool overdue = false;        // the far side did not end the test at its limit
  bool lease_lost = false;     // its locks over machines are lost; `signal` is SIGTERM
  bool abandoned = false;      // srun ended before the test, for no reason that is known here
};

// Follows a srun that has been started. Returns when it has ended and this side has looked for the
// records. `far`: the policy for the node (take_far_share()).
NearEnd follow(const supervision::AttemptPlan& plan, const Policy& far,
               supervision::Surroundings& around, OutputRelay& relay, const FarFiles& files,
               SrunProcess srun);

// The result is like that of an attempt on this machine, with the name of the node. `far`: the
// policy there. `cases`: those that a batch has to run; empty: all.
supervision::AttemptResult run_on_node(const supervision::AttemptPlan& plan, const Policy& far,
                                       supervision::Surroundings& around, OutputRelay& relay,
                                       const std::vector<std::string>& cases);

}  // namespace holdfast::exec
