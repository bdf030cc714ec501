// How many steps of a kind may go on at once, by a pattern for what they make:
// `*heavy*=2`, `*=memory`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/lock/lock_spec.hpp"
#include "core/step/build_step.hpp"

namespace holdfast {

struct StepSlots {
  std::string pattern;
  unsigned count = 0;  // 0: by memory (core/step/memory_slots.hpp)
};

// The error is one sentence: what was found, what was expected.
Result<StepSlots> parse_step_slots(std::string_view text);

// Whether the whole of `text` is as `pattern` has it: `*` is any text, `?` any byte.
bool fits(std::string_view pattern, std::string_view text);

// The first whose pattern fits what the step makes; null: it takes none.
const StepSlots* slots_for(std::string_view output, const std::vector<StepSlots>& slots);

// The lock of slots that are counted: all steps of the kind that say the same share them.
LockSpec lock_of(StepKind kind, const StepSlots& slots);

}  // namespace holdfast
