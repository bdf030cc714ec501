// Pure.
//
// How a batch ends as a whole, and the line about it.
// What a batch comes to if its program tells of no case, has none to run, or skips all.
// Which cases the next worker of a batch gets, and what selects them.
#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "batches/batch.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_most_named = 3;
constexpr std::string_view k_printed_help = "it printed its help";

// How a single process with this outcome would have ended.
ProcessEnd end_for(Outcome outcome, const CaseResult& result) {
  switch (outcome) {
    case Outcome::crashed:
    case Outcome::oom_killed:
      return {ProcessEnd::Kind::signalled, result.signal.value_or(k_signal_kill)};
    case Outcome::failed:
    case Outcome::deliberate_exit:
      return {ProcessEnd::Kind::exited, 1};
    case Outcome::timed_out:
    case Outcome::interrupted:
      if (result.signal) return {ProcessEnd::Kind::signalled, *result.signal};
      return {ProcessEnd::Kind::exited, result.exit_code.value_or(0)};
    default:
      return {ProcessEnd::Kind::exited, 0};
  }
}

}  // namespace

BatchConclusion Batch::conclude() const {
  BatchConclusion conclusion;
  if (early_) {
    conclusion.outcome = early_->code == 0 ? Outcome::passed : Outcome::failed;
    conclusion.main = *early_;
    conclusion.is_of_no_case = true;
    return conclusion;
  }
  int worst = 0;
  for (const CaseResult& result : results_) {
    const int bad = badness(result.outcome);
    if (bad <= worst) continue;  // the first of equally bad cases counts
    worst = bad;
    conclusion.outcome = result.outcome.value_or(Outcome::failed);
    conclusion.main = end_for(conclusion.outcome, result);
    // The test itself did not fail; only our own conclusion is bad (values/outcome.hpp).
    if (result.leak_failed || !result.outcome) conclusion.main = {ProcessEnd::Kind::exited, 0};
  }
  const bool is_empty = is_listed_ || has_printed_help_ || (announced_ && *announced_ == 0);
  if (results_.empty() && is_empty) conclusion.outcome = Outcome::no_tests;
  if (worst == 0) conclusion.main = {ProcessEnd::Kind::exited, 0};
  if (beyond_cases_ && badness(beyond_cases_) > worst) {
    conclusion.outcome = *beyond_cases_;
    conclusion.main = beyond_end_;
  }
  conclusion.note = beyond_note_;
  const bool is_help = conclusion.outcome == Outcome::no_tests && has_printed_help_;
  if (is_help) conclusion.note = k_printed_help;
  return conclusion;
}

// What others do to the batch is no failure of the program.
bool Batch::has_failed_beyond_cases() const {
  return beyond_cases_ && *beyond_cases_ != Outcome::interrupted &&
         *beyond_cases_ != Outcome::service_unavailable &&
         *beyond_cases_ != Outcome::internal_error;
}

std::vector<std::string> Batch::cases_left() const {
  const bool are_known = is_listed_ || all_have_begun();
  if (!are_known || has_failed_beyond_cases()) return {};
  std::vector<std::string> names;
  for (const CaseResult& result : results_) {
    if (is_bad(result.outcome)) names.push_back(result.name);
  }
  return names;
}

std::string Batch::summary() const {
  if (early_) {
    return text_of(
        {"it told of no case: the program exited with code ", std::to_string(early_->code)});
  }
  std::string text = counted(results_.size(), "case");
  if (results_.empty() && tells_of_no_case() && !is_listed_) text = "run as one test";
  // holdfast_discover_tests() knows these words. A shard may well be without a case.
  const bool has_others = is_shard_ || !others_.empty();
  if (results_.empty() && has_printed_help_) {
    text.append(": ").append(k_printed_help);
  } else if (results_.empty() && is_listed_ && !has_others) {
    text += ": the filter matches none";
  }
  const char* separator = ": ";
  // The cases by the places of their outcomes.
  std::array<std::vector<const CaseResult*>, k_outcomes> found;
  const auto found_of = [&](Outcome outcome) -> auto& { return found[facts_of(outcome).place]; };
  for (const CaseResult& result : results_) {
    found_of(result.outcome.value_or(Outcome::not_run)).push_back(&result);
  }
  const auto name = [](const CaseResult* one) { return printable(one->name); };
  for (std::size_t place = 1; place < found.size(); ++place) {
    const std::vector<const CaseResult*>& cases = found[place];
    if (cases.empty()) continue;
    // The first outcome with this place counts: deliberate exits are shown as failures.
    const auto* const facts = std::ranges::find(k_outcome_table, place, &OutcomeFacts::place);
    text += text_of({separator, std::to_string(cases.size()), " ", label(facts->outcome)});
    if (facts->is_named) text += text_of({" (", bounded_list(cases, k_most_named, name), ")"});
    separator = ", ";
  }
  const std::vector<const CaseResult*>& not_run = found_of(Outcome::not_run);
  if (!not_run.empty() && !not_run.front()->note.empty()) {
    text += text_of({" (", printable(not_run.front()->note), ")"});
  }
  // Other cases that did not run have no name that we know.
  const std::uint64_t known = begun_ + not_run.size();
  if (stopped_ && announced_ && *announced_ > known) {
    text += text_of({separator, std::to_string(*announced_ - known), " not run (", *stopped_, ")"});
  }
  if (!beyond_note_.empty()) text += "; " + printable(beyond_note_);
  return text;
}

// Whether the worker came to its end and began no case, because a global environment has skipped
// all.
bool Batch::is_skipped_as_a_whole() const {
  return worker_skipped_all_ && worker_finished_ && !worker_has_begun_;
}

// Whether the first worker exited before it told anything of its cases: its main() came to an end
// without them, or it prints in a way of its own.
bool Batch::is_early(const WorkerEnd& end) const {
  if (worker_reached_ || beyond_cases_ || ran_empty_) return false;
  return end.exited_by_itself() && results_.empty() && ordered_.empty() && !announced_ &&
         !has_told_ && !has_printed_help_ && telling_ != Telling::nothing;
}

// Judges cases whose processes exited and told of no case. If no process has told of one, main()
// may do without cases here, or the program prints in a way of its own. So it runs as it is, and
// decides the result, as in plain ctest.
void Batch::settle_untold() {
  std::vector<CaseResult> untold = std::exchange(untold_, {});
  if (!has_told_) {
    return run_as_one("a process for one case told of no case");
  }
  for (CaseResult& result : untold) record(std::move(result));
  go_on();
}

// Whether nothing is known of its cases yet, and it may run as it is.
bool Batch::may_run_as_one() const {
  return isolation_ == Isolation::process && results_.empty() && !stopped_ && !is_parted_ &&
         !is_of_some_cases_;
}

// The program runs as it is.
void Batch::run_as_one(const std::string& why) {
  runs_as_one_ = true;
  isolation_ = Isolation::none;
  say(text_of({"no process per case: ", why}));
  start_worker({BatchAction::Kind::run_all});
}

// There is no case to isolate. The program itself runs and decides the result, as in plain ctest.
void Batch::run_empty() {
  const bool is_over = !results_.empty() || !children_.empty() || beyond_cases_ || stopped_;
  if (is_over) return ask(BatchAction::Kind::end);
  isolation_ = Isolation::none;
  ran_empty_ = true;
  start_worker({BatchAction::Kind::run_all});
}

void Batch::skip_waiting() {
  for (const std::string& name : std::exchange(waiting_, {})) {
    record({{.outcome = Outcome::skipped}, name});
  }
  ask(BatchAction::Kind::end);
}

// What runs the next cases; none: no case waits. A case that no selection selects alone does not
// run.
std::optional<BatchAction> Batch::next_run() {
  const bool takes_many = isolation_ == Isolation::none;
  while (!waiting_.empty()) {
    BatchAction action{BatchAction::Kind::run_cases};
    action.selection = takes_many ? select_many() : select_first();
    if (action.selection.empty()) continue;
    action.cases.assign(waiting_.begin(), takes_many ? waiting_.end() : waiting_.begin() + 1);
    return action;
  }
  return std::nullopt;
}

void Batch::run_waiting() {
  if (std::optional<BatchAction> next = next_run()) return start_worker(std::move(*next));
  ask(BatchAction::Kind::end);
}

void Batch::on_case_wanted() {
  // The worker that was ordered is the first of them.
  if (!ordered_.empty()) --worker_;
  ordered_.clear();
  // Perhaps no process will tell of a case.
  if (!untold_.empty() && !has_told_) return;
  std::optional<BatchAction> next = next_run();
  if (!next) return;
  children_.push_back({waiting_.front(), now_us_, ++worker_});
  waiting_.pop_front();
  actions_.push_back(std::move(*next));
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
