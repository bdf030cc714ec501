#include "core/settings/resolution.hpp"

#include <gtest/gtest.h>

#include <cstdint>

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
  const Properties properties{"db:shared,gpu:1/4@machine", "port%2080,a%2Cb", "1.5", "ignore",
                              true};
  const Result<ResolvedPolicy> resolved = resolve(properties, {});
  ASSERT_TRUE(resolved);
  EXPECT_EQ(lock_texts(resolved->policy),
            (Texts{"a,b@project", "db:shared@project", "port 80@project", "gpu:1/4@machine"}));
  EXPECT_EQ(resolved->policy.timeout, Milliseconds{1500});
  EXPECT_EQ(resolved->policy.on_leak, OnLeak::ignore);
  EXPECT_TRUE(resolved->policy.needed_by_others);
  EXPECT_TRUE(resolved->warnings.empty());
}

TEST(Policy, TheCommandLineComesBeforeAPropertyAndLocksAddUp) {
  const Properties properties{"db", "", "10", "fail", false};
  Overrides overrides;
  overrides.locks = {*parse_lock_spec("net@user")};
  overrides.timeout = Milliseconds{0};
  overrides.lock_timeout = Milliseconds{7};
  overrides.grace = Milliseconds{0};
  overrides.on_leak = OnLeak::kill;
  overrides.containment = Containment::pidns;
  const Result<ResolvedPolicy> resolved = resolve(properties, overrides);
  ASSERT_TRUE(resolved);
  EXPECT_EQ(lock_texts(resolved->policy), (Texts{"db@project", "net@user"}));
  EXPECT_EQ(resolved->policy.timeout, Milliseconds{0});
  EXPECT_EQ(resolved->policy.lock_timeout, Milliseconds{7});
  EXPECT_EQ(resolved->policy.grace, Milliseconds{0});
  EXPECT_EQ(resolved->policy.on_leak, OnLeak::kill);
  EXPECT_EQ(resolved->policy.containment, Containment::pidns);
}

TEST(Policy, HoldfastTimeoutComesBeforeTimeoutAndBothBeforeTheFile) {
  Policy file;
  file.timeout = Milliseconds{9000};
  const struct {
    const char* native;
    const char* own;
    std::int64_t limit;
  } rows[] = {
      {"", "", 9000},       {"3", "", 3000}, {"1.5", "", 1500},   {"", "2", 2000},
      {"3", "2m", 120'000}, {"3", "0", 0},   {"3", "soon", 3000}, {"x", "", 9000},
  };
  for (const auto& row : rows) {
    Properties properties;
    properties.native_timeout = row.native;
    properties.timeout = row.own;
    const Result<ResolvedPolicy> resolved = resolve_over(file, properties, {});
    ASSERT_TRUE(resolved);
    EXPECT_EQ(resolved->policy.timeout, Milliseconds{row.limit}) << row.native << "/" << row.own;
    Overrides overrides;
    overrides.timeout = Milliseconds{7};
    EXPECT_EQ(resolve_over(file, properties, overrides)->policy.timeout, Milliseconds{7});
  }
}

TEST(Policy, WhatCanBeLeftOutWithoutHarmIsLeftOutWithAWarning) {
  const Result<ResolvedPolicy> resolved = resolve({"", "", "soon", "keep", false}, {});
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->policy, Policy{});
  EXPECT_EQ(
      resolved->warnings,
      (Texts{"ignoring HOLDFAST_TIMEOUT \"soon\": expected a duration such as 500ms, 5s, 2m or 1.5",
             "ignoring HOLDFAST_ON_LEAK \"keep\": expected kill, fail or ignore"}));
}

TEST(Policy, AWarningIsNoLongerThanALineForPeople) {
  const std::string value(45'000, 'x');
  Properties properties;
  properties.timeout = properties.on_leak = properties.isolation = properties.retry = value;
  const Result<ResolvedPolicy> resolved = resolve(properties, {});
  ASSERT_TRUE(resolved);
  ASSERT_EQ(resolved->warnings.size(), 4U);
  for (const std::string& warning : resolved->warnings) EXPECT_LT(warning.size(), 400U);
}

TEST(Policy, ALockThatCannotBeUnderstoodIsAnErrorThatNamesTheProperty) {
  const struct {
    Properties properties;
    const char* message;
  } rows[] = {
      {{"a@moon", "", "", "", false}, "HOLDFAST_LOCKS: lock \"a@moon\": "},
      {{"ok,a:9/4", "", "", "", false}, "HOLDFAST_LOCKS: lock \"a:9/4\": "},
      {{"a/b", "", "", "", false}, "HOLDFAST_LOCKS: lock \"a/b\": "},
      {{"", std::string(201, 'x'), "", "", false}, "RESOURCE_LOCK: lock \"xxx"},
      {{"a:1/4,a:1/5", "", "", "", false},
       "lock \"a:1/5@project\": also asked for as \"a:1/4@project\""},
      {{"a:1/4", "a", "", "", false}, "lock \"a@project\": also asked for as \"a:1/4@project\""},
  };
  for (const auto& row : rows) {
    const Result<ResolvedPolicy> resolved = resolve(row.properties, {});
    ASSERT_FALSE(resolved) << row.message;
    EXPECT_EQ(resolved.error().message.rfind(row.message, 0), 0U) << resolved.error().message;
  }
}

TEST(Policy, EmptyPartsOfAListAreNoLocks) {
  const Result<ResolvedPolicy> resolved = resolve({",,db,,", ",,", "", "", false}, {});
  ASSERT_TRUE(resolved);
  EXPECT_EQ(lock_texts(resolved->policy), (Texts{"db@project"}));
}

TEST(Policy, ALockWantedTwiceIsTakenOnce) {
  Overrides overrides;
  overrides.locks = {*parse_lock_spec("db:shared")};
  const Result<ResolvedPolicy> resolved = resolve({"db", "db", "", "", false}, overrides);
  ASSERT_TRUE(resolved);
  EXPECT_EQ(lock_texts(resolved->policy), (Texts{"db@project"}));
}

TEST(Policy, WhatHoldsWhenNothingIsSaidMayBeGiven) {
  Policy base;
  base.timeout = Milliseconds{9000};
  base.grace = Milliseconds{1};
  base.on_leak = OnLeak::ignore;
  const Result<ResolvedPolicy> silent = resolve_over(base, {}, {});
  ASSERT_TRUE(silent);
  EXPECT_EQ(silent->policy, base);
  const Result<ResolvedPolicy> said = resolve_over(base, {"", "", "2", "fail", false}, {});
  ASSERT_TRUE(said);
  EXPECT_EQ(said->policy.timeout, Milliseconds{2000});
  EXPECT_EQ(said->policy.grace, Milliseconds{1});
  EXPECT_EQ(said->policy.on_leak, OnLeak::fail);
}

TEST(Policy, TheNamesOfContainmentAndScratchAreReadBack) {
  for (Containment one : {Containment::none, Containment::cgroup, Containment::pidns}) {
    EXPECT_EQ(containment_named(name_of(one)), one);
  }
  for (Scratch one : {Scratch::keep_failed, Scratch::keep, Scratch::remove}) {
    EXPECT_EQ(scratch_named(name_of(one)), one);
  }
  EXPECT_FALSE(containment_named("") || containment_named("docker"));
  EXPECT_FALSE(scratch_named("") || scratch_named("Keep"));
}

TEST(Policy, TheNamesOfOnLeakAreReadBack) {
  for (OnLeak on_leak : {OnLeak::kill, OnLeak::fail, OnLeak::ignore}) {
    EXPECT_EQ(on_leak_named(name_of(on_leak)), on_leak);
  }
  for (const char* name : {"", "Kill", "kill ", "warn"}) EXPECT_FALSE(on_leak_named(name));
}

}  // namespace
}  // namespace holdfast
