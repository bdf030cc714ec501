// Runs an attempt on a node of the Slurm allocation around ctest
// (docs/internals/decisions/0045-far-attempts.md).
#pragma once

#include <string>
#include <vector>

#include "exec/output/output_relay.hpp"
#include "supervision/attempt/attempt.hpp"

namespace holdfast::exec {

// `plan.far` must be set. The result is like that of an attempt on this machine, with the name of
// the node. `cases`: those that a batch has to run; empty: all.
supervision::AttemptResult run_on_node(const supervision::AttemptPlan& plan,
                                       supervision::Surroundings& around, OutputRelay& relay,
                                       const std::vector<std::string>& cases);

}  // namespace holdfast::exec
