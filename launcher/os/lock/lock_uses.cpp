#include "os/lock/lock_uses.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "os/lock/lock_survey.hpp"
#include "os/process/ancestry.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

void add_those_around(LockParty& waiter, const std::vector<LockUse>& uses) {
  const std::string numbering = numbering_id();
  if (waiter.boot != numbering) return;
  const std::vector<ProcessName> ancestors = ancestors_of(waiter.process);
  for (const LockUse& use : uses) {
    for (const LockParty& holder : use.holders) {
      if (holder.attempt.empty()) continue;
      if (std::ranges::find(ancestors, holder.process) == ancestors.end()) continue;
      if (holder.boot != numbering) continue;
      if (std::ranges::find(waiter.around, holder.attempt) == waiter.around.end()) {
        waiter.around.push_back(holder.attempt);
      }
    }
  }
}

}  // namespace

std::vector<LockUse> named_lock_uses() {
  std::vector<LockUse> uses;
  for (SurveyedLock& lock : survey_locks(Strangers::leave_out)) {
    LockUse use;
    use.lock = lock.name + "@" + std::string(name_of(lock.scope));
    use.holders = std::move(lock.holders);
    use.waiters = std::move(lock.waiters);
    uses.push_back(std::move(use));
  }
  return uses;
}

void add_ancestors(std::vector<LockUse>& uses) {
  const std::vector<LockUse> as_on_record = uses;
  for (LockUse& use : uses) {
    for (LockParty& waiter : use.waiters) add_those_around(waiter, as_on_record);
  }
}

}  // namespace holdfast::os
