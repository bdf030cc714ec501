// Whether a step of a build is done once more: when what it failed of is not the code's fault.
// docs/guide/build-steps.md.
#pragma once

#include <string>

#include "core/outcome/outcome.hpp"
#include "core/step/build_step.hpp"

namespace holdfast {

// Whether evidence is looked for at all: a compiler or linker failed by itself, for the first time.
bool may_be_done_once_more(const BuildStep& step, const Observation& seen);

bool died_of_sigkill(const Observation& seen);

// What was found out of such a failure.
struct StepEvidence {
  bool out_of_memory = false;  // the kernel killed something while the step went on
  std::string signature;       // of holdfast.toml, that its output shows; empty: none
};

// "was killed for want of memory"; empty: it is not done once more.
std::string why_once_more(const Observation& seen, const StepEvidence& evidence);

}  // namespace holdfast
