// Supervises one attempt: the test's process tree from its first process to its last.
#pragma once

#include "supervision/attempt/attempt_plan.hpp"
#include "supervision/base/records.hpp"
#include "supervision/base/surroundings.hpp"

namespace holdfast::supervision {

// Runs the test and returns when nothing of it is left, or when what is left was let go. A signal,
// ctest's death or the end of its time ends the tree first.
AttemptResult run_attempt(const AttemptPlan& plan, Surroundings& around);

}  // namespace holdfast::supervision
