#include "settings/settings_file.hpp"

#include <gtest/gtest.h>

#include "settings/resolution.hpp"

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
  EXPECT_TRUE(settings.layers[0].said.empty());
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
  const Values& said = settings.layers[0].said;
  EXPECT_EQ(last_of(said, Setting::timeout)->origin, "holdfast.toml:3, [profile.default]");
  EXPECT_EQ(last_of(said, Setting::runs)->origin, "holdfast.toml:7, [profile.default]");
  EXPECT_EQ(last_of(said, Setting::environment)->origin, "holdfast.toml:10, [profile.default]");
  EXPECT_EQ(run_settings(settings).runs, SecondRun::refuse);
  const Policy policy = resolve(values_of(settings, {}), {})->policy;
  EXPECT_EQ(policy.timeout, Milliseconds{120'000});
  EXPECT_EQ(policy.grace, Milliseconds{1500});
  EXPECT_EQ(policy.lock_timeout, Milliseconds{90'000});
  EXPECT_EQ(policy.on_leak, OnLeak::fail);
  EXPECT_EQ(policy.containment, Containment({Boundary::cgroup}));
  EXPECT_EQ(policy.scratch, Scratch::keep);
  EXPECT_EQ(policy.environment.back(), (Variable{"A", "1"}));
}

TEST(SettingsFile, ExtremeTimesAreTakenAsTheNearestThereIs) {
  const auto timeout = [](const std::string& value) {
    const Settings settings = parse("[profile.default]\ntimeout = " + value);
    return resolve(values_of(settings, {}), {})->policy.timeout;
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
