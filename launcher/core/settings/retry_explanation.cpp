#include "core/settings/retry_explanation.hpp"

namespace holdfast {
namespace {

template <typename T>
std::string origin_of(const std::optional<Said<T>>& said) {
  return said ? said->origin : "built-in default";
}

std::string or_none(const std::string& text) { return text.empty() ? "none" : text; }

}  // namespace

void explain_retry(const Policy& policy, const Properties& properties, const TestValues& values,
                   std::vector<ExplainedValue>& explained) {
  const RetryPolicy& retry = policy.retry;
  const RetryValues& said = values.retry;
  const bool own_rules = !properties.retry.empty() && parse_retry_rules(properties.retry);
  explained.push_back({"retry", or_none(to_text(retry.rules)),
                       own_rules ? "the test's HOLDFAST_RETRY" : origin_of(said.rules)});
  explained.push_back({"backoff", to_text(retry.backoff), origin_of(said.backoff)});
  explained.push_back({"jitter", share_to_text(retry.jitter), origin_of(said.jitter)});
  explained.push_back(
      {"retry-alone", retry.last_alone ? "true" : "false", origin_of(said.last_alone)});
  explained.push_back(
      {"flaky-result", std::string(name_of(retry.flaky_result)), origin_of(said.flaky_result)});
  for (const Said<KnownFlake>& known : said.known) {
    explained.push_back({"known-flaky",
                         std::to_string(known.value.attempts) + ", " + known.value.issue,
                         known.origin});
  }
  explained.push_back({"on-failure", or_none(policy.hooks.on_failure), origin_of(said.on_failure)});
  explained.push_back(
      {"before-kill", or_none(policy.hooks.before_kill), origin_of(said.before_kill)});
}

std::vector<ExplainedValue> explain(const RunRetrySettings& settings) {
  const RunRetryLimits& limits = settings.limits;
  return {{"retry-budget", limits.budget ? std::to_string(*limits.budget) : "none",
           settings.budget_origin},
          {"retry-breaker", share_to_text(limits.breaker), settings.breaker_origin}};
}

}  // namespace holdfast
