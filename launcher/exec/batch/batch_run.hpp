// A batch, run: workers, one after the other or several at once, each an attempt of the
// supervisor's, until each case has its result.
#pragma once

#include <string>
#include <vector>

#include "exec/output/output_relay.hpp"
#include "supervision/attempt/attempt.hpp"

namespace holdfast::exec {

// What of a batch is to be run again when it has failed.
struct BatchRest {
  std::vector<std::string> cases;  // empty: all
};

// One attempt of the batch: `rest` of an earlier one, which becomes what this one leaves.
supervision::AttemptResult run_batch(const supervision::AttemptPlan& plan,
                                     supervision::Surroundings& around, OutputRelay& relay,
                                     BatchRest& rest);

}  // namespace holdfast::exec
