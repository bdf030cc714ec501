// Runs a batch until each case has its result. The workers run one after the other, and the cases
// of isolation `fork` also beside each other. Each worker is one attempt of the supervisor's.
#pragma once

#include <string>
#include <vector>

#include "exec/output/output_relay.hpp"
#include "supervision/attempt/attempt.hpp"

namespace holdfast::exec {

// One attempt of the batch. `rest`: the cases to run, those that an earlier attempt left; empty:
// all. It is replaced by the cases that the next attempt has to run.
supervision::AttemptResult run_batch(const supervision::AttemptPlan& plan,
                                     supervision::Surroundings& around, OutputRelay& relay,
                                     std::vector<std::string>& rest);

}  // namespace holdfast::exec
