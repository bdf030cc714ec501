// What holdfast.toml says about retries and hooks of tests; empty where it says nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/said.hpp"
#include "core/outcome/hooks.hpp"
#include "core/retry/retry_policy.hpp"
#include "core/retry/run_retries.hpp"

namespace holdfast {

struct RetryValues {
  std::optional<Said<RetryRules>> rules;
  std::optional<Said<Backoff>> backoff;
  std::optional<Said<PerMille>> jitter;
  std::optional<Said<bool>> last_alone;
  std::optional<Said<FlakyResult>> flaky_result;
  std::optional<Said<std::string>> on_failure;   // an empty one takes an earlier one out
  std::optional<Said<std::string>> before_kill;  // likewise
  std::vector<Said<KnownFlake>> known;           // of this test; from [[known-flaky]] alone
};

void take_over(RetryValues& values, const RetryValues& later);

RetryPolicy retry_policy_of(const RetryValues& values);
Hooks hooks_of(const RetryValues& values);

// Of a profile: for the whole run.
struct RunRetryValues {
  std::optional<Said<unsigned>> budget;
  std::optional<Said<PerMille>> breaker;
};

// With the origins of each, for `config --explain`.
struct RunRetrySettings {
  RunRetryLimits limits;
  std::string budget_origin;
  std::string breaker_origin;
};

void take_over(RunRetryValues& values, const RunRetryValues& later);
RunRetrySettings run_retry_settings(const RunRetryValues& values);

}  // namespace holdfast
