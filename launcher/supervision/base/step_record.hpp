// A build step's line in the build journal (docs/reference/journal.md is the format).
#pragma once

#include "core/step/build_step.hpp"
#include "supervision/base/records.hpp"

namespace holdfast::supervision {

// Appends it to <tree>/.holdfast/build/journal.jsonl. A step that cannot be recorded is not told
// so: each of thousands would say it.
void record_step(const BuildStep& step, const AttemptResult& result);

}  // namespace holdfast::supervision
