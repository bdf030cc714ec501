// [profile.NAME.engine]: where tests run.
#include <gtest/gtest.h>

#include "settings/locks_for_ctest.hpp"
#include "settings/resolution.hpp"
#include "settings/settings_file.hpp"

namespace holdfast {
namespace {

constexpr const char* k_file =
    "[profile.cluster.engine]\n"
    "kind = \"slurm\"\n"
    "options = \"--mem=2G\"\n"
    "local-label = \"here\"\n"
    "[[profile.cluster.override]]\n"
    "test = \"gpu\"\n"
    "engine = { options = \"--gres gpu:1\" }\n"
    "[[profile.cluster.override]]\n"
    "test = \"license\"\n"
    "engine = \"local\"\n";

EnginePolicy engine_of(const std::string& profile, const std::vector<std::size_t>& overrides) {
  const Result<Settings> settings = parse_settings(k_file, "/p/holdfast.toml", profile);
  EXPECT_TRUE(settings) << to_text(settings.error());
  if (!settings) return {};
  const Result<ResolvedPolicy> resolved = resolve(values_of(*settings, overrides), {});
  EXPECT_TRUE(resolved);
  return resolved ? resolved->policy.engine : EnginePolicy{};
}

TEST(EngineKeys, AreATableOfAProfileOrAnOverride) {
  EXPECT_EQ(engine_of("default", {}), EnginePolicy{});
  EXPECT_EQ(engine_of("cluster", {}), (EnginePolicy{Engine::slurm, "--mem=2G", "here"}));
  EXPECT_EQ(engine_of("cluster", {0}), (EnginePolicy{Engine::slurm, "--gres gpu:1", "here"}));
  EXPECT_EQ(engine_of("cluster", {1}), (EnginePolicy{Engine::local, "--mem=2G", "here"}));
}

TEST(EngineKeys, CtestIsToldThatTestsMayRunElsewhere) {
  const auto told = [](const std::string& profile) {
    return locks_for_ctest(*parse_settings(k_file, "/p/holdfast.toml", profile));
  };
  EXPECT_EQ(told("default"), "");
  EXPECT_NE(told("cluster").find("set(_holdfast_far TRUE)\n"), std::string::npos);
}

TEST(EngineKeys, WhatIsWrongIsSaidWithItsLineAndWhatWasExpected) {
  const struct {
    const char* text;
    const char* error;
  } rows[] = {
      {"[profile.a.engine]\nkind = \"pbs\"\n",
       "2: kind in [profile.a.engine]: found \"pbs\", expected \"local\" or \"slurm\""},
      {"[profile.a.engine]\nkind = \"slurm\"\noptions = \"-n4\"\n",
       "3: options in [profile.a.engine]: found \"-n4\", expected an option of srun that says what "
       "the step needs, and none that Holdfast sets itself (nodes to leave out: "
       "--exclude=NODES)"},
      {"[profile.a.engine]\noptions = 3\n",
       "2: options in [profile.a.engine]: found an integer, expected options of srun such as "
       "\"--mem=4G\""},
  };
  for (const auto& row : rows) {
    const Result<Settings> settings = parse_settings(row.text, "/p/holdfast.toml", "default");
    ASSERT_FALSE(settings) << row.text;
    EXPECT_EQ(to_text(settings.error()), std::string("/p/holdfast.toml:") + row.error);
  }
  EXPECT_FALSE(parse_settings("[profile.a.engine]\nkin = \"slurm\"\n", "/p", "default"));
  EXPECT_FALSE(parse_settings("[profile.a]\nengine = 3\n", "/p", "default"));
}

}  // namespace
}  // namespace holdfast
