// How a batch ends as a whole, and the line about it.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/parts.hpp"
#include "core/base/printable.hpp"
#include "core/batch/batch.hpp"

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

// How many cases have a certain outcome, and the first of these cases.
struct Found {
  std::size_t count = 0;
  std::array<const CaseResult*, k_most_named> first = {};

  void add(const CaseResult& result) {
    if (count < first.size()) first[count] = &result;
    ++count;
  }
};

std::string names_of(const Found& found) {
  std::string text;
  for (std::size_t i = 0; i < std::min(found.count, k_most_named); ++i) {
    text += (i == 0 ? "" : ", ") + printable(found.first[i]->name);
  }
  if (found.count <= k_most_named) return text;
  return text_of({text, " and ", std::to_string(found.count - k_most_named), " more"});
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
    // The test itself did not fail; only our own conclusion is bad (core/outcome/outcome.hpp).
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
    if (is_bad(result.outcome) || !result.outcome) names.push_back(result.name);
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
  std::array<Found, k_outcomes> found;  // by the places of the outcomes
  const auto found_of = [&](Outcome outcome) -> Found& { return found[facts_of(outcome).place]; };
  for (const CaseResult& result : results_) {
    found_of(result.outcome.value_or(Outcome::not_run)).add(result);
  }
  for (std::size_t place = 1; place < found.size(); ++place) {
    if (found[place].count == 0) continue;
    // The first outcome with this place counts: deliberate exits are shown as failures.
    const auto* const facts = std::ranges::find(k_outcome_table, place, &OutcomeFacts::place);
    text += text_of({separator, std::to_string(found[place].count), " ", label(facts->outcome)});
    if (facts->is_named) text += text_of({" (", names_of(found[place]), ")"});
    separator = ", ";
  }
  const Found& not_run = found_of(Outcome::not_run);
  if (not_run.count > 0 && !not_run.first[0]->note.empty()) {
    text += text_of({" (", printable(not_run.first[0]->note), ")"});
  }
  // Other cases that did not run have no name that we know.
  const std::uint64_t known = begun_ + not_run.count;
  if (stopped_ && announced_ && *announced_ > known) {
    text += text_of({separator, std::to_string(*announced_ - known), " not run (", *stopped_, ")"});
  }
  if (!beyond_note_.empty()) text += "; " + printable(beyond_note_);
  return text;
}

}  // namespace holdfast
