#include <gtest/gtest.h>

#include "settings/resolution.hpp"
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
  const Policy all = resolve(values_of(settings, {}), {})->policy;
  EXPECT_EQ(to_text(all.retry.rules), "exit:4=3,any=1");
  EXPECT_EQ(to_text(all.retry.backoff), "2s");
  EXPECT_EQ(all.retry.jitter, 250U);
  EXPECT_TRUE(all.retry.last_alone);
  EXPECT_EQ(all.retry.flaky_result, FlakyResult::pass);
  EXPECT_EQ(all.hooks, (Hooks{"collect", ""}));
  const Policy net = resolve(values_of(settings, {0}), {})->policy;
  EXPECT_EQ(to_text(net.retry.rules), "");
  EXPECT_FALSE(net.retry.may_retry());
  EXPECT_EQ(net.retry.flaky_result, FlakyResult::fail);
  EXPECT_EQ(net.hooks, (Hooks{"", "dump $HOLDFAST_PID"}));
}

TEST(RetryKeys, OfTheWholeRunAreOfTheProfile) {
  EXPECT_EQ(run_settings(settings_of(k_all, "ci")).retries, (RunRetryLimits{100, 1000}));
  EXPECT_EQ(run_settings(settings_of(k_all)).retries, RunRetryLimits{});
}

TEST(RetryKeys, APropertyWinsOverTheFileAndTheCommandLineOverBoth) {
  Values said = values_of(settings_of(k_all), {});
  said.push_back({Setting::retry, Source::property, "crash=2", {}});
  EXPECT_EQ(to_text(resolve(said, {})->policy.retry.rules), "crash=2");
  Options options;
  options.said = {{Setting::retry, Source::option, "oom=5", {}},
                  {Setting::backoff, Source::option, "7s", {}}};
  const Result<ResolvedPolicy> both = resolve(said, {}, options);
  EXPECT_EQ(to_text(both->policy.retry.rules), "oom=5");
  EXPECT_EQ(to_text(both->policy.retry.backoff), "7s");
}

TEST(RetryKeys, APropertyThatIsNotUnderstoodIsLeftOutWithAWarning) {
  Values said = values_of(settings_of(k_all), {});
  said.push_back({Setting::retry, Source::property, "fail=3", {}});
  const Result<ResolvedPolicy> resolved = resolve(said, {});
  ASSERT_TRUE(resolved);
  EXPECT_EQ(to_text(resolved->policy.retry.rules), "exit:4=3,any=1");
  EXPECT_EQ(resolved->warnings,
            std::vector<std::string>{"ignoring HOLDFAST_RETRY \"fail=3\": expected exit:CODE=N, "
                                     "signal:NAME=N, crash=N, timeout=N, launch=N, oom=N, node=N, "
                                     "any=N or service=N"});
}

TEST(RetryKeys, WhatIsWrongIsSaidWithItsLineAndWhatWasExpected) {
  const struct {
    const char* text;
    const char* error;
  } rows[] = {
      {"retry = \"fail=3\"",
       "retry in [profile.default]: found \"fail=3\", expected exit:CODE=N, signal:NAME=N, "
       "crash=N, timeout=N, "
       "launch=N, oom=N, node=N, any=N or service=N"},
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
      {"jitter = -0.5",
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
       "retry-budget in [profile.default]: found -1, expected a number, 0 to 1000000"},
      {"retry-budget = 1.5",
       "retry-budget in [profile.default]: found a number, expected a number, 0 to 1000000"},
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

}  // namespace
}  // namespace holdfast
