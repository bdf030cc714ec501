// Which cases the next worker of a batch gets, and what selects them.
#include <optional>
#include <string>
#include <utility>

#include "core/batch/batch.hpp"

namespace holdfast {

// What nothing selects alone is not run.
void Batch::run_waiting() {
  while (!waiting_.empty()) {
    BatchAction action{BatchAction::Kind::run_cases};
    action.selection = isolation_ == Isolation::none ? select_many() : select_first();
    if (action.selection.empty()) continue;
    if (isolation_ == Isolation::none) {
      action.cases.assign(waiting_.begin(), waiting_.end());
    } else {
      action.cases.push_back(waiting_.front());
    }
    return start_worker(std::move(action));
  }
  actions_.push_back({BatchAction::Kind::end});
}

// Empty: there is none; then it is not waiting any more.
std::string Batch::select_first() {
  const std::string name = waiting_.front();
  const std::vector<std::string_view> also = also_selected_by(name);
  if (auto selection = framework_.selection_without(name, also)) return std::move(*selection);
  std::string why = also.empty()
                        ? std::string(framework_.name()) + " cannot select a case of that name"
                        : "no filter of " + std::string(framework_.name()) + "'s tells it from " +
                              std::string(also.front());
  waiting_.pop_front();
  leave_out(name, std::move(why));
  return {};
}

// For as many as one selection can hold: one that has run must not run again.
std::string Batch::select_many() {
  std::string all;
  for (const std::string& name : waiting_) {
    if (!all.empty() && all.size() + name.size() >= k_longest_selection) break;
    std::optional<std::string> one;
    if (also_selected_by(name).empty()) one = framework_.selection_without(name, {});
    if (!one) {
      if (all.empty()) return select_first();
      break;
    }
    if (!all.empty()) all += framework_.separator();
    all += *one;
  }
  return all;
}

// What is not to run with it: those that have, and in a process of its own those that are to.
std::vector<std::string_view> Batch::also_selected_by(std::string_view name) const {
  std::vector<std::string_view> also;
  if (framework_.is_exact(name)) return also;
  const auto consider = [&](std::string_view other) {
    if (other != name && framework_.selects(name, other)) also.push_back(other);
  };
  for (const CaseResult& result : results_) consider(result.name);
  for (const std::string& other : others_) consider(other);
  if (isolation_ == Isolation::none) return also;
  for (const std::string& other : waiting_) consider(other);
  return also;
}

}  // namespace holdfast
