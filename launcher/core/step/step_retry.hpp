// Whether a build step runs once more: it does if the code has not caused the failure
// (docs/reference/build-steps.md).
#pragma once

#include <string>

#include "core/outcome/outcome.hpp"
#include "core/step/build_step.hpp"

namespace holdfast {

// Whether to look for evidence at all: a compiler or linker failed by itself, for the first time.
bool may_be_done_once_more(const BuildStep& step, const Observation& seen);

bool died_of_sigkill(const Observation& seen);

// What was found out about the failure of a step.
struct StepEvidence {
  bool out_of_memory = false;  // the kernel killed something during the step
  std::string signature;       // the signature in holdfast.toml that the output shows; empty: none
};

// Why the step runs once more: "was killed because memory ran out". Empty: it does not run again.
std::string why_once_more(const Observation& seen, const StepEvidence& evidence);

}  // namespace holdfast
