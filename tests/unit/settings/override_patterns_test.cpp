#include "settings/override_patterns.hpp"

#include <gtest/gtest.h>

#include <chrono>

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
  const Result<OverridePatterns> patterns = OverridePatterns::of(settings);
  EXPECT_TRUE(patterns);
  return patterns->match(name, labels).overrides;
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

TEST(OverridePatterns, AVeryLongNameMatchesNoPatternAndThatIsTold) {
  const Result<OverridePatterns> patterns =
      OverridePatterns::of(with({{"x", nullptr}, {nullptr, "l"}}));
  ASSERT_TRUE(patterns);
  const auto longest = patterns->match(std::string(4096, 'x'), "l");
  EXPECT_EQ(longest.overrides, (Indices{0, 1}));
  EXPECT_FALSE(longest.name_too_long);
  const auto longer = patterns->match(std::string(4097, 'x'), "l");
  EXPECT_EQ(longer.overrides, (Indices{1}));
  EXPECT_TRUE(longer.name_too_long);
}

// The usual matcher would take longer than the world is old for the first, and all the stack for
// the second.
TEST(OverridePatterns, NoPatternTakesExponentialTimeOrStack) {
  const Settings settings = with({{"(a+)+$", nullptr}, {"(.|a)*b", nullptr}});
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(matching(settings, std::string(2000, 'a') + "!"), Indices{});
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(60));
}

}  // namespace
}  // namespace holdfast
