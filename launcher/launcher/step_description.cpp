#include "launcher/step_description.hpp"

#include <unistd.h>

#include <string>

#include "core/names.hpp"
#include "core/step_slots.hpp"

namespace holdfast::launcher {

CommandWords words_of(char** command) {
  CommandWords words;
  for (char** word = command; *word != nullptr; ++word) words.emplace_back(*word);
  return words;
}

void complete_step(Invocation& invocation) {
  BuildStep& step = *invocation.line.step;
  const std::string_view path = invocation.command[0];
  step.program = path.substr(path.rfind('/') + 1);
  if (step.output.empty() && step.kind != StepKind::custom) {
    step.output = output_in(words_of(invocation.command));
  }
  const StepSlots* slots = slots_for(step.output, invocation.line.slots);
  if (slots == nullptr) return;
  step.by_memory = slots->count == 0;
  if (!step.by_memory) invocation.line.overrides.locks.push_back(lock_of(step.kind, *slots));
}

bool has_settings(const BuildStep& step) {
  if (step.tree.empty() || step.kind == StepKind::custom) return false;
  const std::string path = step.tree + "/" + std::string(names::k_build_has_settings);
  return ::access(path.c_str(), F_OK) == 0;
}

}  // namespace holdfast::launcher
