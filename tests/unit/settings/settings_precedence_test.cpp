#include <gtest/gtest.h>

#include "core/settings/settings_explanation.hpp"
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

TestValues values(const std::string& profile, const std::vector<std::size_t>& overrides) {
  const Result<Settings> settings = parse_settings(k_file, "holdfast.toml", profile);
  EXPECT_TRUE(settings);
  return values_of(*settings, overrides);
}

std::string origin_of(const std::vector<ExplainedValue>& explained, const std::string& key) {
  for (const ExplainedValue& value : explained) {
    if (value.key == key) return value.value + " | " + value.origin;
  }
  return "none";
}

TEST(SettingsPrecedence, CommandLineThenPropertyThenLaterOverrideThenProfileThenBuiltIn) {
  Properties own_timeout;
  own_timeout.timeout = "50";
  Overrides command_line;
  command_line.timeout = Milliseconds{60'000};
  Properties native_timeout;
  native_timeout.native_timeout = "45";
  own_timeout.native_timeout = "45";
  const struct {
    TestValues values;
    Properties properties;
    Overrides overrides;
    int seconds;
    const char* explained;  // not for the command line, which nobody explains
  } rows[] = {
      {{}, {}, {}, 0, "none | built-in default"},
      {values("default", {}), {}, {}, 10, "10s | holdfast.toml:2, [profile.default]"},
      {values("ci", {}), {}, {}, 20, "20s | holdfast.toml:6, [profile.ci]"},
      {values("ci", {0}), {}, {}, 30, "30s | holdfast.toml:9, [[override]]"},
      {values("ci", {0, 1}), {}, {}, 40, "40s | holdfast.toml:12, [[profile.ci.override]]"},
      {values("ci", {0, 1}), native_timeout, {}, 45, "45s | the test's TIMEOUT"},
      {values("ci", {0, 1}), own_timeout, {}, 50, "50s | the test's HOLDFAST_TIMEOUT"},
      {values("ci", {0, 1}), own_timeout, command_line, 60, nullptr},
  };
  for (const auto& row : rows) {
    const Result<ResolvedPolicy> resolved = resolve(row.properties, row.overrides, row.values);
    ASSERT_TRUE(resolved);
    EXPECT_EQ(resolved->policy.timeout, Milliseconds{row.seconds * 1000});
    if (row.explained == nullptr) continue;
    EXPECT_EQ(origin_of(explain(resolved->policy, row.properties, row.values), "timeout"),
              row.explained);
  }
}

TEST(SettingsPrecedence, WhatALaterLayerDoesNotSayStaysAsItWas) {
  const Result<ResolvedPolicy> resolved = resolve({}, {}, values("ci", {0, 1}));
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->policy.on_leak, OnLeak::ignore);
  EXPECT_EQ(resolved->policy.grace, Milliseconds{1000});
  EXPECT_EQ(resolved->policy.lock_timeout, Milliseconds{0});
}

TEST(SettingsPrecedence, APropertyThatIsNotUnderstoodLeavesWhatTheFileSays) {
  Properties properties;
  properties.timeout = "soon";
  properties.on_leak = "perhaps";
  const TestValues said = values("default", {});
  const Result<ResolvedPolicy> resolved = resolve(properties, {}, said);
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->warnings.size(), 2U);
  EXPECT_EQ(resolved->policy.timeout, Milliseconds{10'000});
  const std::vector<ExplainedValue> explained = explain(resolved->policy, properties, said);
  EXPECT_EQ(origin_of(explained, "timeout"), "10s | holdfast.toml:2, [profile.default]");
  EXPECT_EQ(origin_of(explained, "on-leak"), "ignore | holdfast.toml:3, [profile.default]");
}

TEST(SettingsPrecedence, VariablesAreMergedOneByOneAndAnEmptyOneIsTakenOut) {
  TestValues said;
  said.environment = {{{"RUST_BACKTRACE", "full"}, "x"},
                      {{"UBSAN_OPTIONS", ""}, "y"},
                      {{"NEW", "1"}, "z"},
                      {{"NEVER_THERE", ""}, "n"}};
  const Result<ResolvedPolicy> resolved = resolve({}, {}, said);
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->policy.environment,
            (std::vector<Variable>{
                {"PYTHONFAULTHANDLER", "1"}, {"RUST_BACKTRACE", "full"}, {"NEW", "1"}}));
  const std::vector<ExplainedValue> explained = explain(resolved->policy, {}, said);
  EXPECT_EQ(origin_of(explained, "environment.PYTHONFAULTHANDLER"), "1 | built-in default");
  EXPECT_EQ(origin_of(explained, "environment.RUST_BACKTRACE"), "full | x");
  EXPECT_EQ(origin_of(explained, "environment.UBSAN_OPTIONS"), "not set | y");
}

TEST(SettingsPrecedence, ALaterLayerPutsAVariableBackIn) {
  Settings settings;
  settings.layers.resize(2);
  settings.layers[0].values.environment = {{{"RUST_BACKTRACE", ""}, "a"}};
  settings.layers[1].values.environment = {{{"RUST_BACKTRACE", "2"}, "b"}};
  const TestValues said = values_of(settings, {});
  ASSERT_EQ(said.environment.size(), 1U);
  EXPECT_EQ(said.environment[0].origin, "b");
}

TEST(SettingsPrecedence, LocksComeFromTheTestItself) {
  Properties properties;
  properties.locks = "db";
  const Result<ResolvedPolicy> resolved = resolve(properties, {}, {});
  ASSERT_TRUE(resolved);
  EXPECT_EQ(origin_of(explain(resolved->policy, properties, {}), "locks"),
            "db@project | the test's HOLDFAST_LOCKS");
}

TEST(SettingsPrecedence, LengthsAreReadBackAsTheyWereWritten) {
  for (const Milliseconds length :
       {Milliseconds{0}, Milliseconds{1}, Milliseconds{1000}, Milliseconds{1500}, k_longest}) {
    const Result<Milliseconds> read = parse_duration(to_text(length));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, length);
  }
}

TEST(SettingsPrecedence, RunSerialIsALockForEveryTestOfTheScope) {
  const auto locks_of = [](const char* scope, bool alone) {
    const std::string text = "[profile.default]\nrun-serial = \"" + std::string(scope) + "\"\n";
    const Result<Settings> settings = parse_settings(text, "holdfast.toml", "default");
    Properties properties;
    properties.locks = "db";
    properties.run_serial = alone;
    const Result<ResolvedPolicy> resolved = resolve(properties, {}, values_of(*settings, {}));
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
