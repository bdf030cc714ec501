// How a batch ends as a whole, and the line about it.
#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "core/base/printable.hpp"
#include "core/batch/batch.hpp"

namespace holdfast {
namespace {

constexpr int k_signal_kill = 9;
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

struct Group {
  const char* label;
  std::initializer_list<Outcome> outcomes;
  bool named;
};

// What a test's own output does not show is named.
const Group k_groups[] = {
    {"passed", {Outcome::passed}, false},
    {"failed", {Outcome::failed, Outcome::deliberate_exit}, false},
    {"crashed", {Outcome::crashed}, true},
    {"premature exit", {Outcome::premature_exit}, true},
    {"timed out", {Outcome::timed_out}, true},
    {"oom killed", {Outcome::oom_killed}, true},
    {"no tests", {Outcome::no_tests}, true},
    {"interrupted", {Outcome::interrupted}, true},
    {"launch failed", {Outcome::launch_failed}, false},
    {"internal error", {Outcome::internal_error}, true},
    {"skipped", {Outcome::skipped}, false},
};

// Its place in k_groups, or behind them.
std::size_t group_of(Outcome outcome) {
  const auto* const group =
      std::find_if(std::begin(k_groups), std::end(k_groups), [&](const Group& one) {
        return std::find(one.outcomes.begin(), one.outcomes.end(), outcome) != one.outcomes.end();
      });
  return static_cast<std::size_t>(group - std::begin(k_groups));
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
  // Words that holdfast_discover_tests() knows; a shard may well have none.
  const bool has_others = is_shard_ || !others_.empty();
  if (results_.empty() && has_printed_help_) {
    text += ": " + std::string(k_printed_help);
  } else if (results_.empty() && is_listed_ && !has_others) {
    text += ": the filter matches none";
  }
  const char* separator = ": ";
  const auto add = [&](const char* label, const Found& found, bool named) {
    if (found.count == 0) return;
    text += separator + std::to_string(found.count) + " " + label;
    if (named) text += " (" + names_of(found) + ")";
    separator = ", ";
  };
  std::array<Found, std::size(k_groups)> found;
  Found not_run;
  for (const CaseResult& result : results_) {
    if (!result.outcome) {
      not_run.add(result);
    } else if (const std::size_t group = group_of(*result.outcome); group < found.size()) {
      found[group].add(result);
    }
  }
  for (std::size_t i = 0; i < found.size(); ++i)
    add(k_groups[i].label, found[i], k_groups[i].named);
  add("not run", not_run, false);
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
