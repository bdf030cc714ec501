#include "hunting/variation.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/text.hpp"

namespace holdfast {
namespace {

VarySet set_of(std::initializer_list<Vary> kinds) {
  VarySet set;
  for (const Vary kind : kinds) set.add(kind);
  return set;
}

TEST(ParseVary, NamesWhatIsVariedSometimesAndAlways) {
  const Result<VaryRules> rules = parse_vary("load,cpus=on");
  ASSERT_TRUE(rules);
  EXPECT_EQ((*rules)[0], Use::sometimes);
  EXPECT_EQ((*rules)[1], Use::never);
  EXPECT_EQ((*rules)[2], Use::always);
}

TEST(ParseVary, MayNameNothing) { EXPECT_EQ(*parse_vary("none"), VaryRules{}); }

TEST(ParseVary, SaysWhatItDoesNotKnow) {
  for (const char* const wrong : {"lod", "load=off", "load,,cpus", " load"}) {
    const Result<VaryRules> rules = parse_vary(wrong);
    ASSERT_FALSE(rules) << wrong;
    EXPECT_NE(to_text(rules.error()).find("load, order, cpus, delay and seed"), std::string::npos);
  }
}

TEST(UsualRules, LeaveOutWhatMakesRightTestsFail) {
  for (std::size_t i = 0; i < k_varies; ++i) {
    const bool is_delay = static_cast<Vary>(i) == Vary::delay;
    EXPECT_EQ(usual_rules()[i], is_delay ? Use::never : Use::sometimes);
  }
}

TEST(VariationOf, TheFirstRoundHasOnlyWhatIsAlwaysOn) {
  const VaryRules rules = *parse_vary("load,cpus=on,seed");
  EXPECT_EQ(variation_of(rules, 1, 0).on, set_of({Vary::cpus}));
}

TEST(VariationOf, EachKindIsOnInAboutHalfOfTheRounds) {
  const VaryRules rules = *parse_vary("load,order,cpus=on,seed");
  std::array<int, k_varies> on{};
  constexpr int k_rounds = 1000;
  for (std::uint64_t round = 1; round <= k_rounds; ++round) {
    const Variation variation = variation_of(rules, 42, round);
    for (std::size_t i = 0; i < k_varies; ++i) on.at(i) += variation.on.has(static_cast<Vary>(i));
  }
  for (const Vary kind : {Vary::load, Vary::order, Vary::seed}) {
    EXPECT_NEAR(on.at(static_cast<std::size_t>(kind)), k_rounds / 2, k_rounds / 10);
  }
  EXPECT_EQ(on.at(static_cast<std::size_t>(Vary::cpus)), k_rounds);
  EXPECT_EQ(on.at(static_cast<std::size_t>(Vary::delay)), 0);
}

TEST(VariationOf, IsTheSameForTheSameSeedAndOtherForAnother) {
  const VaryRules rules = usual_rules();
  std::set<std::uint64_t> seeds;
  for (std::uint64_t round = 0; round < 100; ++round) {
    EXPECT_EQ(variation_of(rules, 7, round).seed, variation_of(rules, 7, round).seed);
    seeds.insert(variation_of(rules, 7, round).seed);
    seeds.insert(variation_of(rules, 8, round).seed);
  }
  EXPECT_EQ(seeds.size(), 200U);
}

TEST(EnvironmentOf, HasOnlyWhatIsOn) {
  EXPECT_TRUE(environment_of({set_of({Vary::load, Vary::cpus}), 5}, {"C"}).empty());
  const std::vector<std::string> order = environment_of({set_of({Vary::order}), 5}, {"C"});
  ASSERT_EQ(order.size(), 2U);
  EXPECT_EQ(order[0], "GTEST_SHUFFLE=1");
  std::string_view seed = order[1];
  ASSERT_TRUE(take_words(seed, "GTEST_RANDOM_SEED="));
  // GoogleTest takes 1 to 99999.
  EXPECT_GE(parse_number<int>(seed).value_or(0), 1);
  EXPECT_LE(parse_number<int>(seed).value_or(0), 99'999);
}

TEST(EnvironmentOf, ChangesMemoryZoneAndLocaleWithTheSeed) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto entries = environment_of({set_of({Vary::seed}), seed}, {"C", "de_DE.utf8"});
    ASSERT_EQ(entries.size(), 4U);
    EXPECT_TRUE(entries[0].starts_with("MALLOC_PERTURB_="));
    EXPECT_TRUE(entries[1].starts_with("GLIBC_TUNABLES=glibc.malloc."));
    EXPECT_TRUE(entries[2].starts_with("TZ="));
    seen.insert(entries[3]);
    seen.insert(entries[2]);
  }
  EXPECT_TRUE(seen.contains("LC_ALL=C") && seen.contains("LC_ALL=de_DE.utf8"));
  EXPECT_GE(seen.size(), 6U);
}

TEST(PlacingOf, IsWithinTheMachine) {
  std::set<std::size_t> processors;
  bool is_batch = false;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Placing placing = placing_of({set_of({Vary::cpus}), seed}, 3);
    processors.insert(placing.processor);
    is_batch = is_batch || placing.is_batch;
    EXPECT_GE(placing.nice, 0);
    EXPECT_LE(placing.nice, 19);
  }
  EXPECT_EQ(processors, (std::set<std::size_t>{0, 1, 2}));
  EXPECT_TRUE(is_batch);
  EXPECT_EQ(placing_of({}, 0).processor, 0U);
}

TEST(VarySet, IsNamedInTheOrderOfTheKinds) {
  EXPECT_EQ(to_text(set_of({Vary::seed, Vary::load})), "load,seed");
  EXPECT_EQ(to_text(VarySet()), "nothing");
}

}  // namespace
}  // namespace holdfast
