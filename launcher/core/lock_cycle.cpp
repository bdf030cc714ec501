#include "core/lock_cycle.hpp"

#include <algorithm>

namespace holdfast {
namespace {

// Whether `party` keeps the attempt from going on while it waits.
bool is_of(const LockParty& party, const std::string& attempt) {
  if (attempt.empty()) return false;
  return party.attempt == attempt ||
         std::find(party.around.begin(), party.around.end(), attempt) != party.around.end();
}

class CycleSearch {
 public:
  CycleSearch(const LockParty& first, const std::vector<LockUse>& all) : first_(first), all_(all) {}

  bool follow(const LockParty& waiter, const LockUse& wanted) {
    for (const LockParty& holder : wanted.holders) {
      steps_.push_back({waiter, wanted.lock, holder});
      if (is_of(first_, holder.attempt) || goes_on_from(holder)) return true;
      steps_.pop_back();
    }
    return false;
  }

  std::vector<LockCycleStep> steps() { return std::move(steps_); }

 private:
  bool goes_on_from(const LockParty& holder) {
    if (std::find(seen_.begin(), seen_.end(), holder.attempt) != seen_.end()) return false;
    seen_.push_back(holder.attempt);
    for (const LockUse& use : all_) {
      for (const LockParty& waiter : use.waiters) {
        if (is_of(waiter, holder.attempt) && follow(waiter, use)) return true;
      }
    }
    return false;
  }

  const LockParty& first_;
  const std::vector<LockUse>& all_;
  std::vector<LockCycleStep> steps_;
  std::vector<std::string> seen_;  // attempts that were followed already: each once
};

}  // namespace

std::vector<LockCycleStep> find_lock_cycle(const LockParty& waiter, const LockUse& wanted,
                                           const std::vector<LockUse>& all) {
  CycleSearch search(waiter, all);
  return search.follow(waiter, wanted) ? search.steps() : std::vector<LockCycleStep>{};
}

std::string describe_lock_cycle(const std::vector<LockCycleStep>& cycle) {
  std::string text;
  for (const LockCycleStep& step : cycle) {
    if (!text.empty()) text += ", in which ";
    text += describe_party(step.waiter) + " waits for " + step.lock + ", held by " +
            describe_party(step.holder);
  }
  if (!cycle.empty()) text += ", which is around " + describe_party(cycle.front().waiter);
  return text;
}

}  // namespace holdfast
