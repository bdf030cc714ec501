// What a build step is and may need, beyond what its rule says explicitly.
#pragma once

#include "core/step/build_step.hpp"
#include "supervision/base/invocation.hpp"

namespace holdfast::supervision {

// Adds what only the step's command says (CMake expands nothing in a compiler's launcher). Then
// adds the slots that the step takes because of its output: a lock, or slots by memory.
// `invocation.line.step` must be set; to be called once.
void complete_step(Invocation& invocation);

// Returns the scope of the memory slots that a step takes: the machine if it has slots for us, else
// the user.
LockScope scope_of_memory_slots();

// True: the project's holdfast.toml may have settings for the step. Never true for a custom step.
bool has_settings(const BuildStep& step);

}  // namespace holdfast::supervision
