// Decides whether a test is tried again, and when. Pure: the results of the attempts go in; the
// next step comes out, with its reason in words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctest/ctest_verdict.hpp"
#include "values/outcome.hpp"
#include "values/retry_rules.hpp"

namespace holdfast {

// The result of one attempt.
struct AttemptResult {
  Outcome outcome = Outcome::passed;
  ProcessEnd main;
  MirroredVerdict verdict = MirroredVerdict::passed;
  bool told_to_end = false;  // by Ctrl-C or Ctrl-\, even if the test went on or ended by itself
  // The index in RetryPolicy::known of the first signature found in a failed attempt's output.
  std::optional<std::size_t> known;
  bool lost_service = false;  // a service that it used was lost under it
  bool has_no_node = false;   // the allocation of Slurm is over, or none of its nodes is left
};

struct RetryQuestion {
  RetryPolicy policy;
  std::vector<AttemptResult> attempts;  // in order; the last one has just ended
  // ctest itself repeats the test until the test fails (--repeat until-fail). A retry would hide
  // that failure.
  bool failure_is_looked_for = false;
  std::optional<Milliseconds> time_left = {};  // until ctest ends the test; none: no limit
  std::uint64_t seed = 0;                      // for the jitter
};

struct RetryDecision {
  enum class Step : std::uint8_t { done, again };
  Step step = Step::done;
  Milliseconds wait{0};  // before the next attempt; the locks are released meanwhile
  bool alone = false;    // the next attempt runs with nothing beside it
  std::string end;       // how the last attempt ended: `exit 4`
  std::string reason;    // in words, for people and for the journal; without the end

  friend bool operator==(const RetryDecision&, const RetryDecision&) = default;
};

// Among the known flakes and the rules that fit the last failure, the most specific counts: a known
// flake, exit:CODE, the other causes, any. For each earlier failure for which a rule counted, that
// rule has granted one further attempt. A rule is spent when it has granted as many attempts as it
// allows. A known flake is such a rule too. If that rule gives no further attempt, and a service
// was lost under the attempt, the rule `service` counts.
//
// `again` still needs the consent of the run: with_answer().
RetryDecision decide_retry(const RetryQuestion& question);

// The same decision after the answer of the run. `refusal`: what RunRetries::again() returned.
RetryDecision with_answer(RetryDecision decision, std::string_view refusal);

// Whether the last attempt passed after an earlier one failed.
bool is_flaky(const std::vector<AttemptResult>& attempts);

}  // namespace holdfast
