// How many steps of a kind may run at once, by patterns for their output: `*heavy*=2`, `*=memory`.
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

// The error is one sentence: what was found and what was expected.
Result<StepSlots> parse_step_slots(std::string_view text);

// Whether `pattern` fits the whole of `text`. `*` stands for any text, and `?` stands for any byte.
bool fits(std::string_view pattern, std::string_view text);

// The first slots whose pattern fits the output; null: the step takes none.
const StepSlots* slots_for(std::string_view output, const std::vector<StepSlots>& slots);

// The lock for counted slots. All steps of the kind with the same pattern and count share it.
LockSpec lock_of(StepKind kind, const StepSlots& slots);

}  // namespace holdfast
