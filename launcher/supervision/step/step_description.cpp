#include "supervision/step/step_description.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "core/base/names.hpp"
#include "core/lock/lock_place.hpp"
#include "core/step/memory_slots.hpp"

namespace holdfast::supervision {
namespace {

// Returns the scope `machine` if root has made the machine's directory and this lock, else `user`.
// Steps of root make the lock. Anybody can make a directory in /var/lock, so a directory of another
// user is ignored.
LockScope scope_of_slots(LockSpec lock) {
  const std::string top(names::k_machine_directory);
  struct stat info {};
  if (::lstat(top.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != 0) {
    return LockScope::user;
  }
  if (::geteuid() == 0) return LockScope::machine;
  lock.scope = LockScope::machine;
  const std::string path = top + "/" + std::string(names::k_user_locks_directory) + "/" +
                           place_of(lock, {}) + "/" + std::string(names::k_lock_file);
  return ::access(path.c_str(), R_OK | W_OK) == 0 ? LockScope::machine : LockScope::user;
}

}  // namespace

LockScope scope_of_memory_slots() { return scope_of_slots(memory_lock(1, LockScope::user)); }

void complete_step(Invocation& invocation) {
  BuildStep& step = *invocation.line.step;
  const std::string_view path = invocation.command[0];
  step.program = path.substr(path.rfind('/') + 1);
  if (step.kind == StepKind::compile) {
    const std::string_view scanned = scanned_into(words_of(invocation.command));
    if (!scanned.empty()) {
      step.kind = StepKind::scan;
      step.output = scanned;
      invocation.line.slots.clear();  // slots are for steps that take memory and time
    }
  }
  if (step.output.empty() && step.kind != StepKind::custom) {
    step.output = output_in(words_of(invocation.command));
  }
  std::vector<LockSpec>& locks = invocation.line.options.locks;
  if (const StepSlots* slots = slots_for(step.output, invocation.line.slots); slots != nullptr) {
    if (slots->count == 0) {
      step.memory_slots = scope_of_memory_slots();
    } else {
      locks.push_back(lock_of(step.kind, *slots));
    }
  }
  for (LockSpec& lock : locks) {
    if (lock.mode == LockMode::counted && lock.scope == LockScope::user) {
      lock.scope = scope_of_slots(lock);
    }
  }
}

bool has_settings(const BuildStep& step) {
  if (step.tree.empty() || step.kind == StepKind::custom) return false;
  const std::string path = step.tree + "/" + std::string(names::k_build_has_settings);
  return ::access(path.c_str(), F_OK) == 0;
}

}  // namespace holdfast::supervision
