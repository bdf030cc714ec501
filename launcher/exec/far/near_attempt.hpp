// The near side of a far attempt: follows srun and the records of the far side until the test is
// over, passes the test's output on, and tells the far side what happens here.
//
// Nothing gentle goes through srun: to srun(1), TERM, QUIT and HUP are SIGKILL for the task, and
// INT is nothing. So a signal is told by a file, and srun gets TERM only when the far side has said
// that all is over, or when it has had its grace and has not said so.
#pragma once

#include <poll.h>

#include <optional>
#include <string>
#include <vector>

#include "core/far/frames.hpp"
#include "core/far/slurm_state.hpp"
#include "exec/far/far_files.hpp"
#include "exec/far/far_job.hpp"
#include "exec/far/srun_process.hpp"
#include "exec/output/output_relay.hpp"
#include "supervision/attempt/attempt.hpp"
#include "supervision/base/wait_telling.hpp"

namespace holdfast::exec {

// What was seen when srun has ended.
struct NearEnd {
  std::optional<FarStart> start;  // none: the far side has not begun
  std::string record;             // of the end; empty: there is none
  SrunWords said;
  Milliseconds slurm_wait{0};  // from srun's start until the far side had begun
  int signal = 0;              // that was to end the test; 0: none
  bool overdue = false;        // the far side did not end the test at its limit
  bool lease_lost = false;     // the lease of its locks over machines; `signal` is SIGTERM
  bool abandoned = false;      // srun ended before the test, for no reason that is known here
};

class NearAttempt {
 public:
  NearAttempt(const supervision::AttemptPlan& plan, supervision::Surroundings& around,
              OutputRelay& relay, const FarFiles& files, SrunProcess srun);

  // Returns when srun has ended and its records were looked for.
  NearEnd run();

 private:
  void wait_for_news();
  Milliseconds next_look() const;
  // Returns whether there was something of the test's output.
  bool read_srun();
  void take(const FrameReader::Frame& frame);
  void look_for_records();
  bool waits_for_step() const;
  void tell_wait();
  void read_signals();
  void look_at_lease(const std::vector<pollfd>& fds);
  void end_by(int signal);
  void hurry_srun(Milliseconds now);
  Milliseconds time_for_term() const;
  Milliseconds limit() const;
  void look_after_end();

  const supervision::AttemptPlan& plan_;
  supervision::Surroundings& around_;
  OutputRelay& relay_;
  const FarFiles& files_;
  SrunProcess srun_;
  FrameReader frames_;
  std::string errors_;  // of srun: the end of what it said
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

}  // namespace holdfast::exec
