// Runs an attempt on a node of the Slurm allocation around ctest
// (docs/internals/decisions/0045-far-attempts.md).
#pragma once

#include <cstdint>
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

class NearAttempt {
 public:
  // `far`: the policy for the node (take_far_share()).
  NearAttempt(const supervision::AttemptPlan& plan, const Policy& far,
              supervision::Surroundings& around, OutputRelay& relay, const FarFiles& files,
              SrunProcess srun);

  // Returns when srun has ended and this side has looked for the records.
  NearEnd run();

 private:
  void wait_for_news();
  Milliseconds next_look() const;
  // Returns whether there was something on srun's stdout.
  bool read_srun();
  void take(const FrameReader::Frame& frame);
  void look_for_records();
  void take_cases();
  bool waits_for_step() const;
  void tell_wait();
  void read_signals();
  void look_at(supervision::Need& need, const os::Wait& wait);
  void end_by(int signal);
  void hurry_srun(Milliseconds now);
  Milliseconds time_for_term() const;
  Milliseconds limit() const;
  void look_after_end();

  const supervision::AttemptPlan& plan_;
  const Policy& far_;
  supervision::Surroundings& around_;
  OutputRelay& relay_;
  const FarFiles& files_;
  SrunProcess srun_;
  FrameReader frames_;
  std::string said_end_;            // the record of the end as frames have it
  bool is_end_said_ = false;        // it is whole
  std::uint64_t copied_bytes_ = 0;  // of the records of cases, to the journal
  std::string errors_;              // what srun said, without its middle if it is long
  NearEnd end_;
  bool parent_watched_ = true;
  supervision::WaitTelling waiting_;     // for the step
  Milliseconds started_ = k_longest;     // the start record was seen
  Milliseconds record_ = k_longest;      // the end record was seen, or output came after that
  Milliseconds ending_ = k_longest;      // the first signal
  Milliseconds next_records_;            // when to look for records without a frame about them
  Milliseconds terminated_ = k_longest;  // srun got TERM
  Milliseconds hurried_ = k_longest;     // when nothing of the test may be left
  bool is_killed_ = false;
};

// The result is like that of an attempt on this machine, with the name of the node. `far`: the
// policy there. `cases`: those that a batch has to run; empty: all.
supervision::AttemptResult run_on_node(const supervision::AttemptPlan& plan, const Policy& far,
                                       supervision::Surroundings& around, OutputRelay& relay,
                                       const std::vector<std::string>& cases);

}  // namespace holdfast::exec
