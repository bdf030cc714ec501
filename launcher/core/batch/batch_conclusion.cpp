// How a batch ends as a whole, and the line about it.
#include <algorithm>
#include <array>
#include <cstdint>

#include "core/base/printable.hpp"
#include "core/batch/batch.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_most_named = 3;
constexpr std::string_view k_printed_help = "it printed its help";

// As one process would have ended that came to this.
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

// How many there are, and the first of them.
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
  if (found.count > k_most_named) {
    text += " and " + std::to_string(found.count - k_most_named) + " more";
  }
  return text;
}

}  // namespace

BatchConclusion Batch::conclude() const {
  BatchConclusion conclusion;
  int worst = 0;
  for (const CaseResult& result : results_) {
    const int bad = badness(result.outcome);
    if (bad <= worst) continue;  // of equal ones the first
    worst = bad;
    conclusion.outcome = result.outcome.value_or(Outcome::failed);
    conclusion.main = end_for(conclusion.outcome, result);
    // As a test that exited with 0: what is wrong is our judgement (core/outcome/outcome.hpp).
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

std::string Batch::summary() const {
  std::string text = std::to_string(results_.size()) + (results_.size() == 1 ? " case" : " cases");
  if (results_.empty() && is_one_test() && !is_listed_) text = "run as one test";
  // Words that holdfast_discover_tests() knows; a shard may well have none.
  const bool has_others = is_shard_ || !others_.empty();
  if (results_.empty() && has_printed_help_) {
    text += ": " + std::string(k_printed_help);
  } else if (results_.empty() && is_listed_ && !has_others) {
    text += ": the filter matches none";
  }
  const char* separator = ": ";
  std::array<Found, k_outcomes> found;  // by their places
  const auto found_of = [&](Outcome outcome) -> Found& { return found[facts_of(outcome).place]; };
  for (const CaseResult& result : results_) {
    found_of(result.outcome.value_or(Outcome::not_run)).add(result);
  }
  for (std::size_t place = 1; place < found.size(); ++place) {
    if (found[place].count == 0) continue;
    // The first of its place: those that exited on purpose are shown as failed.
    const auto* const facts =
        std::find_if(k_outcome_table.begin(), k_outcome_table.end(),
                     [&](const OutcomeFacts& one) { return one.place == place; });
    text += separator + std::to_string(found[place].count) + " " + label(facts->outcome);
    if (facts->is_named) text += " (" + names_of(found[place]) + ")";
    separator = ", ";
  }
  const Found& not_run = found_of(Outcome::not_run);
  if (not_run.count > 0 && !not_run.first[0]->note.empty())
    text += " (" + printable(not_run.first[0]->note) + ")";
  // Those that have no name here.
  const std::uint64_t known = begun_ + not_run.count;
  if (stopped_ && announced_ && *announced_ > known) {
    text += separator + std::to_string(*announced_ - known) + " not run (" + *stopped_ + ")";
  }
  if (!beyond_note_.empty()) text += "; " + printable(beyond_note_);
  return text;
}

}  // namespace holdfast
