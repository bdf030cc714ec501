// Whether a test is tried again, and when. Pure: what the attempts came to goes in, the next step
// and its reason in words come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ctest/ctest_verdict.hpp"
#include "core/outcome/outcome.hpp"
#include "core/retry/retry_policy.hpp"
#include "core/retry/run_retries.hpp"

namespace holdfast {

// What one attempt came to.
struct AttemptResult {
  Outcome outcome = Outcome::passed;
  ProcessEnd main;
  MirroredVerdict verdict = MirroredVerdict::passed;
  bool told_to_end = false;  // by Ctrl-C or Ctrl-\, whatever came of it
  // Which of RetryPolicy::known the output of a failed one shows: the first whose signature is
  // found.
  std::optional<std::size_t> known;
};

struct RetryQuestion {
  RetryPolicy policy;
  std::vector<AttemptResult> attempts;  // in their order; the last one has just ended
  // ctest itself repeats the test until it fails (--repeat until-fail): a retry would hide what it
  // looks for.
  bool failure_is_looked_for = false;
  std::optional<Milliseconds> time_left = {};  // until ctest ends the test; none: no limit
  std::uint64_t seed = 0;                      // for the jitter
};

struct RetryDecision {
  enum class Step : std::uint8_t { done, again };
  Step step = Step::done;
  Milliseconds wait{0};  // before the next attempt; locks are let go meanwhile
  bool alone = false;    // the next attempt runs with nothing beside it
  std::string end;       // how the last attempt ended: `exit 4`
  std::string reason;    // in words, for people and for the journal; without the end

  friend bool operator==(const RetryDecision&, const RetryDecision&) = default;
};

// Of the known flakes and the rules that fit the last failure, the most specific counts: a known
// flake, exit:CODE, the other causes, any. It has granted a further attempt for each earlier
// failure for which it counted, and is spent when those are as many as it says.
//
// `again` still needs the run's word: with_answer().
RetryDecision decide_retry(const RetryQuestion& question);

// The same decision after the run was asked (RunRetries::again()).
RetryDecision with_answer(RetryDecision decision, const RunAnswer& answer);

// The last attempt passed, an earlier one failed.
bool is_flaky(const std::vector<AttemptResult>& attempts);

}  // namespace holdfast
