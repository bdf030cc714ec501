#include <gtest/gtest.h>

#include <utility>

#include "settings/resolution.hpp"
#include "settings/settings_file.hpp"

namespace holdfast {
namespace {

const char* const k_file = R"([profile.default]
timeout = 10
on-leak = "ignore"
grace = 1
[profile.ci]
timeout = 20
[[override]]
test = "a"
timeout = 30
[[profile.ci.override]]
test = "b"
timeout = 40
)";

Values said_in(const std::string& profile, const std::vector<std::size_t>& overrides) {
  const Result<Settings> settings = parse_settings(k_file, "holdfast.toml", profile);
  EXPECT_TRUE(settings);
  return values_of(*settings, overrides);
}

Values with(Values said, Value more) {
  said.push_back(std::move(more));
  return said;
}

Value property(Setting setting, std::string text) {
  return {setting, Source::property, std::move(text), {}};
}

std::string origin_of(const ResolvedPolicy& resolved, const std::string& key,
                      const TestProperties& properties = {}) {
  for (const ExplainedValue& value : explain(resolved, properties)) {
    if (value.key == key) return value.value + " | " + value.origin;
  }
  return "none";
}

TEST(SettingsPrecedence, CommandLineThenPropertyThenLaterOverrideThenProfileThenBuiltIn) {
  Options command_line;
  command_line.said = {{Setting::timeout, Source::option, "60", {}}};
  const Value own = property(Setting::timeout, "50");
  TestProperties native;
  native.native_timeout = "45";
  const struct {
    Values said;
    TestProperties properties;
    Options options;
    int seconds;
    const char* explained;  // null for the command line, which is never explained
  } rows[] = {
      {{}, {}, {}, 0, "none | built-in default"},
      {said_in("default", {}), {}, {}, 10, "10s | holdfast.toml:2, [profile.default]"},
      {said_in("ci", {}), {}, {}, 20, "20s | holdfast.toml:6, [profile.ci]"},
      {said_in("ci", {0}), {}, {}, 30, "30s | holdfast.toml:9, [[override]]"},
      {said_in("ci", {0, 1}), {}, {}, 40, "40s | holdfast.toml:12, [[profile.ci.override]]"},
      {said_in("ci", {0, 1}), native, {}, 45, "45s | the test's TIMEOUT"},
      {with(said_in("ci", {0, 1}), own), native, {}, 50, "50s | the test's HOLDFAST_TIMEOUT"},
      {with(said_in("ci", {0, 1}), own), native, command_line, 60, nullptr},
  };
  for (const auto& row : rows) {
    const Result<ResolvedPolicy> resolved = resolve(row.said, row.properties, row.options);
    ASSERT_TRUE(resolved);
    EXPECT_EQ(resolved->policy.timeout, Milliseconds{row.seconds * 1000});
    if (row.explained == nullptr) continue;
    EXPECT_EQ(origin_of(*resolved, "timeout"), row.explained);
  }
}

TEST(SettingsPrecedence, WhatALaterLayerDoesNotSayStaysAsItWas) {
  const Result<ResolvedPolicy> resolved = resolve(said_in("ci", {0, 1}), {});
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->policy.on_leak, OnLeak::ignore);
  EXPECT_EQ(resolved->policy.grace, Milliseconds{1000});
  EXPECT_EQ(resolved->policy.lock_timeout, Milliseconds{0});
}

TEST(SettingsPrecedence, APropertyThatIsNotUnderstoodLeavesWhatTheFileSays) {
  const Result<ResolvedPolicy> resolved =
      resolve(with(with(said_in("default", {}), property(Setting::timeout, "soon")),
                   property(Setting::on_leak, "perhaps")),
              {});
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->warnings.size(), 2U);
  EXPECT_EQ(resolved->policy.timeout, Milliseconds{10'000});
  EXPECT_EQ(origin_of(*resolved, "timeout"), "10s | holdfast.toml:2, [profile.default]");
  EXPECT_EQ(origin_of(*resolved, "on-leak"), "ignore | holdfast.toml:3, [profile.default]");
}

TEST(SettingsPrecedence, VariablesAreMergedOneByOneAndAnEmptyOneIsTakenOut) {
  const Values said{{Setting::environment, Source::file, "RUST_BACKTRACE=full", "x"},
                    {Setting::environment, Source::file, "UBSAN_OPTIONS=", "y"},
                    {Setting::environment, Source::file, "NEW=1", "z"},
                    {Setting::environment, Source::file, "NEVER_THERE=", "n"}};
  const Result<ResolvedPolicy> resolved = resolve(said, {});
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->policy.environment,
            (std::vector<Variable>{
                {"PYTHONFAULTHANDLER", "1"}, {"RUST_BACKTRACE", "full"}, {"NEW", "1"}}));
  EXPECT_EQ(origin_of(*resolved, "environment.PYTHONFAULTHANDLER"), "1 | built-in default");
  EXPECT_EQ(origin_of(*resolved, "environment.RUST_BACKTRACE"), "full | x");
  EXPECT_EQ(origin_of(*resolved, "environment.UBSAN_OPTIONS"), "not set | y");
  EXPECT_EQ(origin_of(*resolved, "environment.NEVER_THERE"), "not set | n");
}

TEST(SettingsPrecedence, ALaterLayerPutsAVariableBackIn) {
  const Values said{{Setting::environment, Source::file, "RUST_BACKTRACE=", "a"},
                    {Setting::environment, Source::file, "RUST_BACKTRACE=2", "b"}};
  EXPECT_EQ(origin_of(*resolve(said, {}), "environment.RUST_BACKTRACE"), "2 | b");
}

TEST(SettingsPrecedence, LocksComeFromTheTestItself) {
  const Result<ResolvedPolicy> resolved = resolve({property(Setting::locks, "db")}, {});
  ASSERT_TRUE(resolved);
  EXPECT_EQ(origin_of(*resolved, "locks"), "db@project | the test's HOLDFAST_LOCKS");
}

TEST(SettingsPrecedence, OfABatchBothLimitsHaveTheirOrigin) {
  TestProperties properties;
  properties.default_timeout = "1500";
  const Result<ResolvedPolicy> resolved =
      resolve(with(said_in("default", {}), property(Setting::isolation, "process")), properties);
  ASSERT_TRUE(resolved);
  EXPECT_EQ(origin_of(*resolved, "timeout"), "10s | holdfast.toml:2, [profile.default]");
  EXPECT_EQ(origin_of(*resolved, "timeout of all cases"), "25m | ctest's own limit");
}

TEST(SettingsPrecedence, RunSerialIsALockForEveryTestOfTheScope) {
  const auto locks_of = [](const char* scope, bool alone) {
    const std::string text = "[profile.default]\nrun-serial = \"" + std::string(scope) + "\"\n";
    const Result<Settings> settings = parse_settings(text, "holdfast.toml", "default");
    TestProperties properties;
    properties.serial = alone;
    const Result<ResolvedPolicy> resolved =
        resolve(with(values_of(*settings, {}), property(Setting::locks, "db")), properties);
    std::string locks;
    for (const LockSpec& lock : resolved->policy.locks) locks += to_text(lock) + " ";
    return locks;
  };
  EXPECT_EQ(locks_of("run", true), "db@project ");
  EXPECT_EQ(locks_of("project", true), "RUN_SERIAL@project db@project ");
  EXPECT_EQ(locks_of("project", false), "RUN_SERIAL:shared@project db@project ");
  EXPECT_EQ(locks_of("machine", false), "db@project RUN_SERIAL:shared@machine ");
  EXPECT_FALSE(parse_settings("[profile.default]\nrun-serial = \"tree\"\n", "t", "default"));
}

TEST(SettingsPrecedence, TheLongestGraceIsThatOfTheProfileOrOfAnOverride) {
  const struct {
    const char* text;
    Milliseconds longest;
  } cases[] = {
      {"", k_default_grace},
      {"[profile.default]\ngrace = 0\n", Milliseconds{0}},
      {"[profile.default]\ngrace = 90\n[profile.ci]\ngrace = 2\n", Milliseconds{2000}},
      {"[profile.default]\ngrace = 1\n[[override]]\ntest = \"a\"\ngrace = \"9.1s\"\n",
       Milliseconds{9100}},
      {"[[override]]\ntest = \"a\"\ngrace = 1\n", k_default_grace},
      {"[profile.ci]\n[[profile.other.override]]\ntest = \"a\"\ngrace = 70\n", k_default_grace},
  };
  for (const auto& [text, longest] : cases) {
    const std::string file = std::string(text) + "[profile.unused]\n";
    const bool has_ci = file.find("profile.ci") != std::string::npos;
    const Result<Settings> settings =
        parse_settings(file, "holdfast.toml", has_ci ? "ci" : "default");
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_EQ(longest_grace(*settings), longest) << text;
  }
}

}  // namespace
}  // namespace holdfast
