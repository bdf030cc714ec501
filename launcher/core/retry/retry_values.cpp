#include "core/retry/retry_values.hpp"

namespace holdfast {
namespace {

constexpr const char* k_built_in = "built-in default";

template <typename T>
void set_if_said(T& value, const std::optional<Said<T>>& said) {
  if (said) value = said->value;
}

}  // namespace

void take_over(RetryValues& values, const RetryValues& later) {
  take_over(values.rules, later.rules);
  take_over(values.backoff, later.backoff);
  take_over(values.jitter, later.jitter);
  take_over(values.last_alone, later.last_alone);
  take_over(values.flaky_result, later.flaky_result);
  take_over(values.on_failure, later.on_failure);
  take_over(values.before_kill, later.before_kill);
}

RetryPolicy retry_policy_of(const RetryValues& values) {
  RetryPolicy policy;
  set_if_said(policy.rules, values.rules);
  set_if_said(policy.backoff, values.backoff);
  set_if_said(policy.jitter, values.jitter);
  set_if_said(policy.last_alone, values.last_alone);
  set_if_said(policy.flaky_result, values.flaky_result);
  for (const Said<KnownFlake>& said : values.known) policy.known.push_back(said.value);
  return policy;
}

Hooks hooks_of(const RetryValues& values) {
  Hooks hooks;
  set_if_said(hooks.on_failure, values.on_failure);
  set_if_said(hooks.before_kill, values.before_kill);
  return hooks;
}

void take_over(RunRetryValues& values, const RunRetryValues& later) {
  take_over(values.budget, later.budget);
  take_over(values.breaker, later.breaker);
}

RunRetrySettings run_retry_settings(const RunRetryValues& values) {
  RunRetrySettings settings;
  if (values.budget) settings.limits.budget = values.budget->value;
  if (values.breaker) settings.limits.breaker = values.breaker->value;
  settings.budget_origin = values.budget ? values.budget->origin : k_built_in;
  settings.breaker_origin = values.breaker ? values.breaker->origin : k_built_in;
  return settings;
}

}  // namespace holdfast
