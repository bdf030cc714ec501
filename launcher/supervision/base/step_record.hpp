// A build step's line in the build journal (docs/reference/journal.md describes the format).
#pragma once

#include "core/step/build_step.hpp"
#include "supervision/base/records.hpp"

namespace holdfast::supervision {

// Appends the line to <tree>/.holdfast/build/journal.jsonl. Failure is silent: otherwise each of
// thousands of steps would report it.
void record_step(const BuildStep& step, const AttemptResult& result);

}  // namespace holdfast::supervision
