// Supervises one attempt: the test's process tree from its first process to its last.
#pragma once

#include "supervision/attempt/attempt_plan.hpp"
#include "supervision/base/records.hpp"
#include "supervision/base/surroundings.hpp"

namespace holdfast::supervision {

// Runs the test. Returns when no process of the tree is left, or when the remaining processes were
// let go. A signal, ctest's death or the end of the test's time makes this function end the tree.
AttemptResult run_attempt(const AttemptPlan& plan, Surroundings& around);

}  // namespace holdfast::supervision
