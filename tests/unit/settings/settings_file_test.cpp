#include "settings/settings_file.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

Settings parse(const std::string& text, const std::string& profile = "default") {
  const Result<Settings> settings = parse_settings(text, "/p/holdfast.toml", profile);
  EXPECT_TRUE(settings) << (settings ? "" : settings.error().message);
  return settings ? *settings : Settings{};
}

std::string names(const Settings& settings) {
  std::string text;
  for (const ProfileLayer& layer : settings.layers) text += layer.name + " ";
  return text;
}

TEST(SettingsFile, AnEmptyFileIsTheDefaultProfileWithNothingInIt) {
  const Settings settings = parse("");
  EXPECT_EQ(names(settings), "default ");
  EXPECT_EQ(settings.file, "/p/holdfast.toml");
  EXPECT_TRUE(settings.overrides.empty());
  EXPECT_FALSE(settings.layers[0].values.timeout);
}

TEST(SettingsFile, EachKeyIsReadWithItsOrigin) {
  const Settings settings = parse(R"(
[profile.default]
timeout = "2m"
grace = 1.5
lock-timeout = 90
on-leak = "fail"
runs = "refuse"
containment = "cgroup"
scratch = "keep"
environment = { A = "1", B = "" }
)");
  const TestValues& values = settings.layers[0].values;
  EXPECT_EQ(values.timeout->value, Milliseconds{120'000});
  EXPECT_EQ(values.timeout->origin, "holdfast.toml:3, [profile.default]");
  EXPECT_EQ(values.grace->value, Milliseconds{1500});
  EXPECT_EQ(values.lock_timeout->value, Milliseconds{90'000});
  EXPECT_EQ(values.on_leak->value, OnLeak::fail);
  EXPECT_EQ(values.containment->value, Containment::cgroup);
  EXPECT_EQ(values.scratch->value, Scratch::keep);
  ASSERT_EQ(values.environment.size(), 2U);
  EXPECT_EQ(values.environment[0].value, (Variable{"A", "1"}));
  EXPECT_EQ(values.environment[1].value, (Variable{"B", ""}));
  EXPECT_EQ(values.environment[1].origin, "holdfast.toml:10, [profile.default]");
  EXPECT_EQ(run_settings(settings).runs, SecondRun::refuse);
  EXPECT_EQ(run_settings(settings).runs_origin, "holdfast.toml:7, [profile.default]");
}

TEST(SettingsFile, ExtremeTimesAreTakenAsTheNearestThereIs) {
  const auto timeout = [](const std::string& value) {
    return parse("[profile.default]\ntimeout = " + value).layers[0].values.timeout->value;
  };
  EXPECT_EQ(timeout("0"), Milliseconds{0});
  EXPECT_EQ(timeout("0.0"), Milliseconds{0});
  EXPECT_EQ(timeout("1e-9"), Milliseconds{1});
  EXPECT_EQ(timeout("1e300"), k_longest);
  EXPECT_EQ(timeout("9223372036854775807"), k_longest);
}

TEST(SettingsFile, ProfilesInheritDownToDefaultWhetherTheySayItOrNot) {
  const std::string text = R"(
[profile.nightly]
inherits = "ci"
[profile.ci]
[profile.other]
)";
  EXPECT_EQ(names(parse(text, "nightly")), "default ci nightly ");
  EXPECT_EQ(names(parse(text, "other")), "default other ");
  EXPECT_EQ(names(parse(text)), "default ");
}

TEST(SettingsFile, OverridesComeInTheOrderOfTheFileFromTheProfilesThatCount) {
  const std::string text = R"(
[[profile.z.override]]
test = "first"
[[override]]
label = "second"
test = "both"
[[profile.a.override]]
test = "not ours"
[[profile.default.override]]
test = "third"
[[override]]
test = "fourth"
)";
  std::string found;
  const Settings settings = parse(text, "z");
  for (const SettingsOverride& override : settings.overrides) {
    found += *override.test + override.label.value_or("") + ", ";
  }
  EXPECT_EQ(found, "first, bothsecond, third, fourth, ");
  EXPECT_EQ(parse(text).overrides.size(), 3U);
}

}  // namespace
}  // namespace holdfast
