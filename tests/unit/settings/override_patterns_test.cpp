#include "settings/project_settings.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Indices = std::vector<std::size_t>;

Settings with(const std::vector<std::pair<const char*, const char*>>& conditions) {
  Settings settings;
  for (const auto& [test, label] : conditions) {
    SettingsOverride override;
    if (test != nullptr) override.test = test;
    if (label != nullptr) override.label = label;
    settings.overrides.push_back(override);
  }
  return settings;
}

Indices matching(const Settings& settings, std::string_view name, std::string_view labels = "") {
  return OverridePatterns(settings).matching(name, labels);
}

TEST(OverridePatterns, APatternIsFoundAnywhereInTheName) {
  const Settings settings =
      with({{"db", nullptr}, {"^db", nullptr}, {"db$", nullptr}, {"^d.\\.[A-Z]\\w+$", nullptr}});
  EXPECT_EQ(matching(settings, "db"), (Indices{0, 1, 2}));
  EXPECT_EQ(matching(settings, "my.db.x"), (Indices{0}));
  EXPECT_EQ(matching(settings, "db.Insert"), (Indices{0, 1, 3}));
  EXPECT_EQ(matching(settings, "DB"), Indices{});
  EXPECT_EQ(matching(settings, ""), Indices{});
}

TEST(OverridePatterns, ALabelIsOneOfTheTestsWholeAndDecoded) {
  const Settings settings = with({{nullptr, "slow"}, {nullptr, "b c"}, {"^a", "slow"}});
  EXPECT_EQ(matching(settings, "a", "slow"), (Indices{0, 2}));
  EXPECT_EQ(matching(settings, "x", "fast,b%20c,slow"), (Indices{0, 1}));
  EXPECT_EQ(matching(settings, "a", "slower,Slow,,b"), Indices{});
}

// A backtracking matcher would take longer than the age of the world for the first, and all of the
// stack for the second.
TEST(OverridePatterns, TheTimeOfAPatternIsInProportionToTheName) {
  const Settings settings =
      with({{"(a+)+$", nullptr}, {"(.|a)*b", nullptr}, {"((a?){30}){30}b", nullptr}});
  EXPECT_EQ(matching(settings, std::string(200'000, 'a') + "!"), Indices{});
}

TEST(OverridePatterns, APatternReadsBytes) {
  const Settings settings =
      with({{"^a.b$", nullptr}, {"^a..b$", nullptr}, {"(?i)^A..B$", nullptr}});
  EXPECT_EQ(matching(settings,
                     "a\xff"
                     "b"),
            (Indices{0}));
  EXPECT_EQ(matching(settings, "aéb"), (Indices{1, 2}));
}

}  // namespace
}  // namespace holdfast
