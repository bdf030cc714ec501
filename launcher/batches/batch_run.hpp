// Runs a batch until each case has its result. The workers run one after the other. With isolation
// `fork`, cases also run side by side. Each worker is one attempt for the supervisor.
#pragma once

#include <string>
#include <vector>

#include "attempt/attempt_plan.hpp"
#include "output/output_relay.hpp"

namespace holdfast::exec {

struct BatchOrder {
  std::vector<std::string> cases;  // those that an earlier attempt has left; empty: all
  std::string journal;             // the file for the records of cases; empty: there is none
};

// Runs one attempt of the batch. The result has the cases that the next attempt has to run.
supervision::AttemptResult run_batch(const supervision::AttemptPlan& plan,
                                     supervision::Surroundings& around, OutputRelay& relay,
                                     BatchOrder order);

}  // namespace holdfast::exec
