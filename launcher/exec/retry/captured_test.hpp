// A test in one process tree whose output we capture.
#pragma once

#include "exec/output/output_relay.hpp"
#include "supervision/attempt/attempt.hpp"

namespace holdfast::exec {

// Runs one attempt, with its output in `relay`.
supervision::AttemptResult run_captured(const supervision::AttemptPlan& plan,
                                        supervision::Surroundings& around, OutputRelay& relay);

}  // namespace holdfast::exec
