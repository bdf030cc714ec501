#include <gtest/gtest.h>

#include "core/settings/settings.hpp"
#include "core/settings/wire.hpp"
#include "settings/settings_file.hpp"

namespace holdfast {
namespace {

std::string error_of(const std::string& text) {
  const Result<Settings> settings = parse_settings(text, "/p/holdfast.toml", "default");
  return settings ? "none" : settings.error().message;
}

Settings settings_of(const std::string& text, const std::string& profile = "default") {
  Result<Settings> settings = parse_settings(text, "/p/holdfast.toml", profile);
  EXPECT_TRUE(settings) << settings.error().message;
  return settings ? *settings : Settings{};
}

constexpr const char* k_all = R"(
[profile.default]
retry = "exit:4=3, any=1"
backoff = "exponential:500ms..30s"
jitter = 0.25
on-failure = "collect"

[profile.ci]
backoff = 2
retry-alone = true
retry-budget = 100
retry-breaker = 1

[[override]]
test = "^net"
retry = ""
flaky-result = "fail"
on-failure = ""
before-kill = "dump $HOLDFAST_PID"
)";

TEST(RetryKeys, OfProfilesAndOverridesEachForItself) {
  const Settings settings = settings_of(k_all, "ci");
  RetryPolicy retry = retry_policy_of(values_of(settings, {}).retry);
  EXPECT_EQ(to_text(retry.rules), "exit:4=3,any=1");
  EXPECT_EQ(to_text(retry.backoff), "2s");
  EXPECT_EQ(retry.jitter, 250U);
  EXPECT_TRUE(retry.last_alone);
  EXPECT_EQ(retry.flaky_result, FlakyResult::pass);
  const TestValues of_net = values_of(settings, {0});
  retry = retry_policy_of(of_net.retry);
  EXPECT_EQ(to_text(retry.rules), "");
  EXPECT_FALSE(retry.may_retry());
  EXPECT_EQ(retry.flaky_result, FlakyResult::fail);
  EXPECT_EQ(hooks_of(of_net.retry), (Hooks{"", "dump $HOLDFAST_PID"}));
  EXPECT_EQ(hooks_of(values_of(settings, {}).retry), (Hooks{"collect", ""}));
}

TEST(RetryKeys, OfTheWholeRunAreOfTheProfile) {
  const RunSettings ci = run_settings(settings_of(k_all, "ci"));
  EXPECT_EQ(ci.retries.limits, (RunRetryLimits{100, 1000}));
  EXPECT_EQ(ci.retries.budget_origin, "holdfast.toml:11, [profile.ci]");
  const RunSettings plain = run_settings(settings_of(k_all));
  EXPECT_EQ(plain.retries.limits, RunRetryLimits{});
  EXPECT_EQ(plain.retries.breaker_origin, "built-in default");
}

TEST(RetryKeys, APropertyWinsOverTheFileAndTheCommandLineOverBoth) {
  const TestValues values = values_of(settings_of(k_all), {});
  Properties properties;
  properties.retry = "crash=2";
  EXPECT_EQ(to_text(resolve(properties, {}, values)->policy.retry.rules), "crash=2");
  Overrides overrides;
  overrides.retry = *parse_retry_rules("oom=5");
  overrides.backoff = *parse_backoff("7s");
  const Result<ResolvedPolicy> both = resolve(properties, overrides, values);
  EXPECT_EQ(to_text(both->policy.retry.rules), "oom=5");
  EXPECT_EQ(to_text(both->policy.retry.backoff), "7s");
}

TEST(RetryKeys, APropertyThatIsNotUnderstoodIsLeftOutWithAWarning) {
  Properties properties;
  properties.retry = "fail=3";
  const Result<ResolvedPolicy> resolved =
      resolve(properties, {}, values_of(settings_of(k_all), {}));
  ASSERT_TRUE(resolved);
  EXPECT_EQ(to_text(resolved->policy.retry.rules), "exit:4=3,any=1");
  EXPECT_EQ(resolved->warnings,
            std::vector<std::string>{"ignoring HOLDFAST_RETRY: \"fail=3\": expected exit:CODE=N, "
                                     "crash=N, timeout=N, launch=N, oom=N or any=N"});
}

TEST(RetryKeys, WhatIsWrongIsSaidWithItsLineAndWhatWasExpected) {
  const struct {
    const char* text;
    const char* error;
  } rows[] = {
      {"retry = \"fail=3\"",
       "retry in [profile.default]: found \"fail=3\", expected exit:CODE=N, crash=N, timeout=N, "
       "launch=N, oom=N or any=N"},
      {"retry = \"crash=1,crash=2\"",
       "retry in [profile.default]: found \"crash\" twice, expected one number for it"},
      {"retry = 3",
       "retry in [profile.default]: found an integer, expected rules such as "
       "\"exit:4=3,crash=2,any=1\""},
      {"backoff = \"soon\"",
       "backoff in [profile.default]: found \"soon\", expected a duration such as 2s, or "
       "exponential:500ms..30s"},
      {"backoff = -1",
       "backoff in [profile.default]: found an integer, expected a duration such as 2s, or "
       "exponential:500ms..30s"},
      {"jitter = 1.5",
       "jitter in [profile.default]: found a number outside of it, expected a number between 0 "
       "and 1"},
      {"jitter = nan",
       "jitter in [profile.default]: found a number outside of it, expected a number between 0 "
       "and 1"},
      {"jitter = \"0.5\"",
       "jitter in [profile.default]: found a string, expected a number between 0 and 1"},
      {"retry-alone = \"yes\"",
       "retry-alone in [profile.default]: found a string, expected true or false"},
      {"flaky-result = \"skip\"",
       "flaky-result in [profile.default]: found \"skip\", expected \"pass\" or \"fail\""},
      {"retry-budget = -1",
       "retry-budget in [profile.default]: found -1, expected a number of further attempts, 0 to "
       "1000000"},
      {"retry-budget = 1.5",
       "retry-budget in [profile.default]: found a number, expected a number of further attempts, "
       "0 to 1000000"},
      {"retry-breaker = 50",
       "retry-breaker in [profile.default]: found a number outside of it, expected a number "
       "between 0 and 1"},
      {"on-failure = [\"a\"]",
       "on-failure in [profile.default]: found an array, expected a command for /bin/sh (an empty "
       "one: none)"},
      {"before-kill = \"a\\u0000b\"",
       "before-kill in [profile.default]: found \"a?b\", expected a command for /bin/sh (an empty "
       "one: none)"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(error_of(std::string("[profile.default]\n") + row.text + "\n"),
              std::string("/p/holdfast.toml:2: ") + row.error);
  }
  EXPECT_EQ(error_of("[[override]]\ntest = \"x\"\nretry-budget = 3\n").substr(0, 74),
            "/p/holdfast.toml:3: [[override]]: found the unknown key \"retry-budget\", ex");
}

TEST(RetryKeys, ArriveInAGrantAndWhatIsBuiltInIsNotSent) {
  Policy policy;
  policy.retry.rules = *parse_retry_rules("exit:4=3,any=1");
  policy.retry.backoff = *parse_backoff("exponential:500ms..30s");
  policy.retry.jitter = 125;
  policy.retry.last_alone = true;
  policy.retry.flaky_result = FlakyResult::fail;
  policy.retry.known = {{"a|b", "PROJ-1", 2}, {"x\ty", "", 0}};
  policy.hooks = {"collect \"$x\"\n", "dump"};
  wire::AttemptGrant grant;
  grant.policy = policy;
  const wire::Message message = *wire::decode(wire::encode(to_message(grant)));
  const Result<wire::AttemptGrant> read = to_grant(message);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->policy, policy);
  const wire::Message plain = to_message(wire::AttemptGrant{});
  for (const char* key : {"retry", "backoff", "jitter", "retry_alone", "flaky_result",
                          "known_issue", "on_failure", "before_kill"}) {
    EXPECT_EQ(plain.get(key), "") << key;
  }
  for (const char* key : {"retry", "backoff", "jitter", "flaky_result", "known_attempts"}) {
    wire::Message broken = plain;
    broken.add(key, "nonsense");
    EXPECT_FALSE(to_grant(broken)) << key;
  }
}

TEST(RetryKeys, OfThePropertiesTheRulesArriveInARequest) {
  wire::AttemptRequest request;
  request.launcher = {17, 4711};
  request.properties.retry = "any=1";
  const Result<wire::AttemptRequest> read = to_request(to_message(request));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->properties.retry, "any=1");
}

}  // namespace
}  // namespace holdfast
