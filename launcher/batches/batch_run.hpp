// Runs a batch until each case has its result. The workers run one after the other. With isolation
// `fork`, cases also run side by side. Each worker is one attempt for the supervisor.
#pragma once

#include <string>
#include <vector>

#include "attempt/attempt_plan.hpp"
#include "output/output_relay.hpp"

namespace holdfast::exec {

// Runs one attempt of the batch. The result has the cases that the next attempt has to run.
// `cases`: those that an earlier attempt has left; empty: all. `journal`: the file for the records
// of cases; empty: there is none.
supervision::AttemptResult run_batch(const supervision::AttemptPlan& plan,
                                     supervision::Surroundings& around, OutputRelay& relay,
                                     std::vector<std::string> cases, std::string journal);

}  // namespace holdfast::exec
