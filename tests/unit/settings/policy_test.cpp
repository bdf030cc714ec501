#include "settings/resolution.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

#include "settings/settings.hpp"
#include "values/said_values.hpp"

namespace holdfast {
namespace {

std::vector<std::string> lock_texts(const Policy& policy) {
  std::vector<std::string> texts;
  for (const LockSpec& lock : policy.locks) texts.push_back(to_text(lock));
  return texts;
}

using Texts = std::vector<std::string>;

TEST(Policy, WhereNothingIsSaidTheDefaultsHold) {
  const Result<ResolvedPolicy> resolved = resolve({}, {});
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->policy, Policy{});
  EXPECT_EQ(resolved->policy.grace, Milliseconds{5000});
  EXPECT_EQ(resolved->policy.timeout, Milliseconds{0});
  EXPECT_EQ(resolved->policy.on_leak, OnLeak::kill);
  EXPECT_TRUE(resolved->warnings.empty());
}

TEST(Policy, EachPropertyIsUnderstood) {
  TestProperties properties;
  properties.resource_lock = "port%2080,a%2Cb";
  properties.needed_by_others = true;
  const Result<ResolvedPolicy> resolved =
      resolve({by_property(Setting::locks, "db:shared,gpu:1/4@machine"),
               by_property(Setting::timeout, "1.5"), by_property(Setting::on_leak, "ignore")},
              properties);
  ASSERT_TRUE(resolved);
  EXPECT_EQ(lock_texts(resolved->policy),
            (Texts{"a,b@project", "db:shared@project", "port 80@project", "gpu:1/4@machine"}));
  EXPECT_EQ(resolved->policy.timeout, Milliseconds{1500});
  EXPECT_EQ(resolved->policy.on_leak, OnLeak::ignore);
  EXPECT_TRUE(resolved->policy.needed_by_others);
  EXPECT_TRUE(resolved->warnings.empty());
}

TEST(Policy, TheCommandLineComesBeforeAPropertyAndLocksAddUp) {
  Options options;
  options.locks = {*parse_lock_spec("net@user")};
  options.said = {by_option(Setting::timeout, "0"), by_option(Setting::lock_timeout, "7ms"),
                  by_option(Setting::grace, "0"), by_option(Setting::on_leak, "kill"),
                  by_option(Setting::containment, "pidns")};
  const Result<ResolvedPolicy> resolved =
      resolve({by_property(Setting::locks, "db"), by_property(Setting::timeout, "10"),
               by_property(Setting::on_leak, "fail")},
              {}, options);
  ASSERT_TRUE(resolved);
  EXPECT_EQ(lock_texts(resolved->policy), (Texts{"db@project", "net@user"}));
  EXPECT_EQ(resolved->policy.timeout, Milliseconds{0});
  EXPECT_EQ(resolved->policy.lock_timeout, Milliseconds{7});
  EXPECT_EQ(resolved->policy.grace, Milliseconds{0});
  EXPECT_EQ(resolved->policy.on_leak, OnLeak::kill);
  EXPECT_EQ(resolved->policy.containment, Containment({Boundary::pidns}));
}

TEST(Policy, HoldfastTimeoutComesBeforeTimeoutAndBothBeforeTheFile) {
  const struct {
    const char* native;
    const char* own;
    std::int64_t limit;
    LimitFrom from;
  } rows[] = {
      {"", "", 9000, LimitFrom::setting},       {"3", "", 3000, LimitFrom::test},
      {"1.5", "", 1500, LimitFrom::test},       {"", "2", 2000, LimitFrom::setting},
      {"3", "2m", 120'000, LimitFrom::setting}, {"3", "0", 0, LimitFrom::setting},
      {"3", "soon", 3000, LimitFrom::test},     {"x", "", 9000, LimitFrom::setting},
  };
  for (const auto& row : rows) {
    TestProperties properties;
    properties.native_timeout = row.native;
    Values said{in_file(Setting::timeout, "9")};
    if (*row.own != 0) said.push_back(by_property(Setting::timeout, row.own));
    const Result<ResolvedPolicy> resolved = resolve(said, properties);
    ASSERT_TRUE(resolved);
    EXPECT_EQ(resolved->policy.timeout, Milliseconds{row.limit}) << row.native << "/" << row.own;
    EXPECT_EQ(resolved->limit_from, row.from) << row.native << "/" << row.own;
    Options options;
    options.said = {by_option(Setting::timeout, "7ms")};
    EXPECT_EQ(resolve(said, properties, options)->policy.timeout, Milliseconds{7});
  }
}

TEST(Policy, CtestsOwnLimitHoldsBesideTheFileAndWithoutAPropertyOnly) {
  TestProperties properties;
  properties.default_timeout = "1500";
  const auto limit = [&](const Values& said) { return resolve(said, properties)->policy.timeout; };
  EXPECT_EQ(limit({}), Milliseconds{1'500'000});
  EXPECT_EQ(limit({in_file(Setting::timeout, "9")}), Milliseconds{9000});
  EXPECT_EQ(limit({in_file(Setting::timeout, "1h")}), Milliseconds{1'500'000});
  EXPECT_EQ(limit({by_property(Setting::timeout, "1h")}), Milliseconds{3'600'000});
  EXPECT_EQ(resolve({}, properties)->limit_from, LimitFrom::ctest);
  properties.default_timeout = "0";  // none
  EXPECT_EQ(limit({}), Milliseconds{0});
  EXPECT_EQ(limit({in_file(Setting::timeout, "9")}), Milliseconds{9000});
}

TEST(Policy, TheLimitOfABatchIsThatOfEachCaseAndTimeoutThatOfAll) {
  TestProperties properties;
  properties.native_timeout = "60";
  properties.processors = "4";
  const Result<ResolvedPolicy> resolved = resolve(
      {by_property(Setting::isolation, "process"), by_property(Setting::timeout, "2")}, properties);
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->policy.case_timeout, Milliseconds{2000});
  EXPECT_EQ(resolved->policy.timeout, Milliseconds{60'000});
  EXPECT_EQ(resolved->policy.processors, 4U);
}

TEST(Policy, WhatCanBeLeftOutWithoutHarmIsLeftOutWithAWarning) {
  const Result<ResolvedPolicy> resolved =
      resolve({by_property(Setting::timeout, "soon"), by_property(Setting::on_leak, "keep")}, {});
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->policy, Policy{});
  EXPECT_TRUE(resolved->said.empty());
  EXPECT_EQ(
      resolved->warnings,
      (Texts{"ignoring HOLDFAST_TIMEOUT \"soon\": expected a duration such as 500ms, 5s, 2m or 1.5",
             "ignoring HOLDFAST_ON_LEAK \"keep\": expected kill, fail or ignore"}));
}

TEST(Policy, AWarningIsNoLongerThanALineForPeople) {
  const std::string text(45'000, 'x');
  const Result<ResolvedPolicy> resolved =
      resolve({by_property(Setting::timeout, text), by_property(Setting::on_leak, text),
               by_property(Setting::isolation, text), by_property(Setting::retry, text)},
              {});
  ASSERT_TRUE(resolved);
  ASSERT_EQ(resolved->warnings.size(), 4U);
  for (const std::string& warning : resolved->warnings) EXPECT_LT(warning.size(), 400U);
}

TEST(Policy, ALockThatCannotBeUnderstoodIsAnErrorThatNamesTheProperty) {
  const struct {
    const char* locks;
    std::string resource_lock;
    const char* message;
  } rows[] = {
      {"a@moon", "", "HOLDFAST_LOCKS: lock \"a@moon\": "},
      {"ok,a:9/4", "", "HOLDFAST_LOCKS: lock \"a:9/4\": "},
      {"a/b", "", "HOLDFAST_LOCKS: lock \"a/b\": "},
      {"", std::string(201, 'x'), "RESOURCE_LOCK: lock \"xxx"},
      {"a:1/4,a:1/5", "", "lock \"a:1/5@project\": also asked for as \"a:1/4@project\""},
      {"a:1/4", "a", "lock \"a@project\": also asked for as \"a:1/4@project\""},
  };
  for (const auto& row : rows) {
    TestProperties properties;
    properties.resource_lock = row.resource_lock;
    const Result<ResolvedPolicy> resolved =
        resolve({by_property(Setting::locks, row.locks)}, properties);
    ASSERT_FALSE(resolved) << row.message;
    EXPECT_EQ(resolved.error().message.rfind(row.message, 0), 0U) << resolved.error().message;
  }
}

TEST(Policy, WhatAFileSaysAndIsNotUnderstoodIsAnErrorThatNamesThePlace) {
  const Values said{in_file(Setting::grace, "soon", "/p/holdfast.toml:3")};
  const Result<ResolvedPolicy> resolved = resolve(said, {});
  ASSERT_FALSE(resolved);
  EXPECT_TRUE(resolved.error().message.starts_with("/p/holdfast.toml:3"))
      << resolved.error().message;
  EXPECT_FALSE(resolve(said, {}, Options{}));
}

TEST(Policy, AKnownFlakeHasItsAttemptsItsIssueAndItsSignature) {
  const Result<ResolvedPolicy> resolved = resolve({in_file(Setting::known_flaky, "2 3 #12it")}, {});
  ASSERT_TRUE(resolved);
  ASSERT_EQ(resolved->policy.retry.known.size(), 1U);
  EXPECT_EQ(resolved->policy.retry.known[0].attempts, 2U);
  EXPECT_EQ(resolved->policy.retry.known[0].issue, "#12");
  for (const char* const text : {"", "2", "2 3", "2 3#12it", "x 3 #12it", "2 x #12it",
                                 "1001 3 #12it", "2 9 #12it", "2 99999999999999999999 #12it"}) {
    EXPECT_FALSE(resolve({in_file(Setting::known_flaky, text)}, {})) << text;
  }
}

TEST(Policy, ServicesAndAContainmentThatCannotBeUnderstoodAreErrorsToo) {
  const struct {
    Value said;
    std::string message;
  } rows[] = {
      {by_property(Setting::services, "db:twice"), "HOLDFAST_SERVICES"},
      {by_property(Setting::containment, "netns,jail"), "HOLDFAST_CONTAINMENT \"netns,jail\": "},
  };
  for (const auto& row : rows) {
    const Result<ResolvedPolicy> resolved = resolve({row.said}, {});
    ASSERT_FALSE(resolved) << row.message;
    EXPECT_EQ(resolved.error().message.rfind(row.message, 0), 0U) << resolved.error().message;
  }
}

TEST(Policy, EmptyPartsOfAListAreNoLocks) {
  TestProperties properties;
  properties.resource_lock = ",,";
  const Result<ResolvedPolicy> resolved =
      resolve({by_property(Setting::locks, ",,db,,")}, properties);
  ASSERT_TRUE(resolved);
  EXPECT_EQ(lock_texts(resolved->policy), (Texts{"db@project"}));
}

TEST(Policy, ALockWantedTwiceIsTakenOnce) {
  Options options;
  options.locks = {*parse_lock_spec("db:shared")};
  TestProperties properties;
  properties.resource_lock = "db";
  const Result<ResolvedPolicy> resolved =
      resolve({by_property(Setting::locks, "db")}, properties, options);
  ASSERT_TRUE(resolved);
  EXPECT_EQ(lock_texts(resolved->policy), (Texts{"db@project"}));
}

TEST(Policy, LocksOfAPropertyComeInThePlaceOfTheFiles) {
  const Values said{in_file(Setting::locks, "a,b"), by_property(Setting::locks, "c")};
  EXPECT_EQ(lock_texts(resolve(said, {})->policy), (Texts{"c@project"}));
}

template <typename E>
void expect_words_are_read_back() {
  for (const std::string_view word : words_of(E{})) EXPECT_EQ(name_of(*named<E>(word)), word);
  for (const char* word : {"", "Kill", "kill ", "docker"}) EXPECT_FALSE(named<E>(word)) << word;
}

TEST(Policy, TheWordsOfEachEnumerationAreReadBack) {
  expect_words_are_read_back<OnLeak>();
  expect_words_are_read_back<Boundary>();
  expect_words_are_read_back<ContainmentMissing>();
  expect_words_are_read_back<Scratch>();
  expect_words_are_read_back<RunSerial>();
  expect_words_are_read_back<NoTests>();
  expect_words_are_read_back<Isolation>();
  expect_words_are_read_back<FlakyResult>();
  EXPECT_EQ(name_of(Scratch::keep_failed), "keep-failed");
}

TEST(Policy, AHookBeforeTheKillHasAtLeastTheDefaultGrace) {
  Settings settings;
  settings.layers = {{"default", {in_file(Setting::grace, "0")}}};
  EXPECT_EQ(longest_grace(settings), Milliseconds{0});
  settings.layers[0].said.push_back(in_file(Setting::on_failure, "true"));
  EXPECT_EQ(longest_grace(settings), Milliseconds{0});
  settings.layers[0].said.push_back(in_file(Setting::before_kill, "true"));
  EXPECT_EQ(longest_grace(settings), Milliseconds{5000});
  settings.layers[0].said.push_back(in_file(Setting::grace, "90"));
  EXPECT_EQ(longest_grace(settings), Milliseconds{90'000});
  // One of some tests counts too.
  settings.layers = {{"default", {in_file(Setting::grace, "0")}}};
  settings.overrides.resize(1);
  settings.overrides[0].said = {in_file(Setting::before_kill, "true")};
  EXPECT_EQ(longest_grace(settings), Milliseconds{5000});
}

TEST(Policy, ATestHasAtLeastOneProcessor) {
  const std::pair<const char*, std::int64_t> rows[] = {{"", 1},  {"0", 1}, {"-3", 1},
                                                       {"x", 1}, {"4", 4}, {"99999999", 1'000'000}};
  for (const auto& [text, processors] : rows) {
    TestProperties properties;
    properties.processors = text;
    EXPECT_EQ(processors_of(properties), processors) << text;
  }
}

}  // namespace
}  // namespace holdfast
