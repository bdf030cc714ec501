// Runs as many steps at once as memory allows, over all build trees of a user or of the machine.
// One counted lock has shares of the memory as its units. A step takes what it is expected to need.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/lock/lock_spec.hpp"
#include "core/step/build_step.hpp"

namespace holdfast {

// The number of units. It is the same on every machine, because all users of a lock must name the
// same size.
inline constexpr unsigned k_memory_units = 128;
inline constexpr std::string_view k_memory_lock = "holdfast-memory";

// What a step is expected to need if nothing is known about it: 1 GiB.
inline constexpr std::uint64_t k_unknown_peak_kb = 1024UL * 1024UL;

// The units for a step that needs `expected_kb`: its share of the budget, rounded up. At least one
// unit, and never more than all units, so that any step can run alone.
unsigned memory_units(std::uint64_t expected_kb, std::uint64_t budget_kb);

LockSpec memory_lock(unsigned units, LockScope scope);

// The highest peak of the last four commands that made this output and passed (several commands
// make a static library). `journal` is the text of a build journal; incomplete lines are skipped.
// None: there is no such command.
std::optional<std::uint64_t> past_peak_kb(std::string_view journal, const BuildStep& step);

// Changes the locks of a step that runs alone. It gets all slots of its counted locks, all
// memory, and a lock that such steps hold exclusively. The result is in canonical order. `memory`
// is the scope of the memory lock.
void make_alone(std::vector<LockSpec>& locks, LockScope memory);

// How many steps of a kind may run at once, by patterns for their output: `*heavy*=2`, `*=memory`.
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
