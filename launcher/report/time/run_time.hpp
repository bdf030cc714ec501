// What a run did with its time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "report/model.hpp"
#include "report/time/chain.hpp"

namespace holdfast {

struct RunTime {
  std::optional<double> wall_s;
  // The slot share: for how much of the time of all slots a test ran in them, from 0 to 1. Empty:
  // the number of slots is not known, or not the time of each test.
  std::optional<double> utilisation;
  double lock_wait_s = 0;
  double service_wait_s = 0;
  double timed_out_s = 0;  // of attempts that exceeded their time
  // What a test that ran as a step of Slurm took beyond its own time and its waits for locks and
  // services: the median. Empty: no test was a step.
  std::optional<double> step_cost_s;
  Chain longest;
};

RunTime run_time_of(const RunReport& report);

// "42.1 s on 8 slots, 61 % used; longest chain 31.5 s (a → b)": one line, safe for a terminal.
// Empty if there is nothing to tell: fewer than two tests ran through Holdfast, the run took less
// than a second, or the report is of several shards.
std::string run_time_text(const RunReport& report);

}  // namespace holdfast
