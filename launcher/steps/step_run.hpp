// A build step that is more than one plain attempt: with slots by memory, a second attempt alone,
// or signatures of failures that may pass.
#pragma once

#include <memory>

#include "steps/step.hpp"

namespace holdfast::exec {

std::unique_ptr<supervision::StepRunner> step_run();

}  // namespace holdfast::exec
