// The longest chain of a run: tests that had to run one after the other, because of DEPENDS,
// fixtures, RUN_SERIAL or locks. More slots make no run shorter than its longest chain.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "report/model.hpp"

namespace holdfast {

struct Chain {
  double seconds = 0;              // for which its tests ran, without waits
  std::vector<std::string> tests;  // in the order in which they ran; two in a row differ

  friend bool operator==(const Chain&, const Chain&) = default;
};

// The order of tests that share a lock, or run alone, is the one that they had in this run. An
// attempt whose end is not on record is in no chain. Takes n log n time.
Chain longest_chain(std::span<const TestReport> tests);

// What a run did with its time.
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
