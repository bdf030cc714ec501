// Runs an attempt on a node of the Slurm allocation around ctest
// (docs/internals/decisions/0045-far-attempts.md).
#pragma once

#include "exec/output/output_relay.hpp"
#include "supervision/attempt/attempt.hpp"

namespace holdfast::exec {

// `plan.far` is set. The result is as that of an attempt here, with the name of its node.
supervision::AttemptResult run_on_node(const supervision::AttemptPlan& plan,
                                       supervision::Surroundings& around, OutputRelay& relay);

}  // namespace holdfast::exec
