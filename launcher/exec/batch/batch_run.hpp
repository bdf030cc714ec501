// Runs a batch until each case has its result. The workers run one after the other. With isolation
// `fork`, cases also run side by side. Each worker is one attempt for the supervisor.
#pragma once

#include <string>
#include <vector>

#include "exec/output/output_relay.hpp"
#include "supervision/attempt/attempt.hpp"

namespace holdfast::exec {

// Runs one attempt of the batch. `rest`: the cases that an earlier attempt left and that are to
// run; empty: all. On return, `rest` has the cases that the next attempt has to run.
supervision::AttemptResult run_batch(const supervision::AttemptPlan& plan,
                                     supervision::Surroundings& around, OutputRelay& relay,
                                     std::vector<std::string>& rest);

}  // namespace holdfast::exec
