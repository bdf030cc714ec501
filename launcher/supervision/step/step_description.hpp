// What a step of a build is and may need, beside what its rule says in so many words.
#pragma once

#include "core/step/build_step.hpp"
#include "supervision/base/invocation.hpp"

namespace holdfast::supervision {

CommandWords words_of(char** command);

// Adds what the rule of a step does not say and its command does (CMake expands nothing in a
// compiler's launcher), and then the slots that it takes by its output: a lock, or by memory.
// `invocation.line.step` is set; to be called once.
void complete_step(Invocation& invocation);

// Whose memory slots a step takes: the machine's where there are any that we may take.
LockScope scope_of_memory_slots();

// Whether the project's holdfast.toml may have something to say of it; of a custom step it has not.
bool has_settings(const BuildStep& step);

}  // namespace holdfast::supervision
