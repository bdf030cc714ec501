// Which cases the next worker of a batch gets, and what selects them.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/parts.hpp"
#include "core/batch/batch.hpp"

namespace holdfast {

// A case that no selection selects alone does not run.
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

void Batch::on_case_wanted() {
  // The worker that was ordered is the first of them.
  if (!ordered_.empty()) --worker_;
  ordered_.clear();
  // Perhaps no process will tell of a case.
  if (!untold_.empty() && !has_told_) return;
  while (!waiting_.empty()) {
    BatchAction action{BatchAction::Kind::run_cases};
    action.selection = select_first();
    if (action.selection.empty()) continue;
    action.cases.push_back(waiting_.front());
    children_.push_back({waiting_.front(), now_us_, ++worker_});
    waiting_.pop_front();
    actions_.push_back(std::move(action));
    return;
  }
}

// Empty: nothing selects the first case alone. Then this case no longer waits, and is left out.
std::string Batch::select_first() {
  const std::string name = waiting_.front();
  const std::vector<std::string_view> also = also_selected_by(name);
  if (auto selection = framework_.selection_without(name, also)) return std::move(*selection);
  std::string why =
      also.empty()
          ? text_of({framework_.name(), " cannot select a case of that name"})
          : text_of({"no filter of ", framework_.name(), "'s tells it from ", also.front()});
  waiting_.pop_front();
  leave_out(name, std::move(why));
  return {};
}

// Selects as many cases as one selection can hold, but no case that has run already.
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

// The cases that the selection of `name` also selects, but that must not run with it: cases that
// have run and, with a process for each case, also cases that will run.
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
  for (const Open& other : children_) consider(other.name);
  return also;
}

}  // namespace holdfast
