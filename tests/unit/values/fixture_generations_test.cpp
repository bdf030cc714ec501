#include "values/service_state.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Sentences = std::vector<std::string>;

TEST(FixtureGenerations, AnOlderOneIsNamed) {
  FixtureGenerations generations;
  generations.set_up({{}, {"schema", "rows"}}, "fill", {{"db", 2}, {"web", 1}});
  const TestSchedule user{.required = {"schema"}};
  EXPECT_EQ(
      generations.older(user, {{"db", 3}, {"web", 1}}),
      Sentences{"its fixture \"schema\" was set up by \"fill\" on generation 2 of service db, and "
                "the test had generation 3"});
  EXPECT_EQ(generations.older(user, {{"db", 3}, {"web", 4}}).size(), 2U);
  EXPECT_EQ(generations.older({{}, {}, {"schema", "rows"}}, {{"db", 3}}).size(), 2U);
}

TEST(FixtureGenerations, TheSameGenerationIsWell) {
  FixtureGenerations generations;
  generations.set_up({{}, {"schema"}}, "fill", {{"db", 2}});
  EXPECT_EQ(generations.older({{}, {}, {"schema"}}, {{"db", 2}}), Sentences{});
}

TEST(FixtureGenerations, OnlyWhatTheTestRequiresAndHasCounts) {
  FixtureGenerations generations;
  generations.set_up({{}, {"schema"}}, "fill", {{"db", 1}});
  EXPECT_EQ(generations.older({{}, {}, {"other"}}, {{"db", 2}}), Sentences{});
  EXPECT_EQ(generations.older({{}, {"schema"}}, {{"db", 2}}), Sentences{});
  EXPECT_EQ(generations.older({{}, {}, {"schema"}}, {{"web", 2}}), Sentences{});
}

TEST(FixtureGenerations, TheLastSetUpOfATestCounts) {
  FixtureGenerations generations;
  generations.set_up({{}, {"schema"}}, "fill", {{"db", 1}});
  generations.set_up({{}, {"schema"}}, "fill_more", {{"db", 1}});
  generations.set_up({{}, {"schema"}}, "fill", {{"db", 2}});
  EXPECT_EQ(
      generations.older({{}, {}, {"schema"}}, {{"db", 2}}),
      Sentences{"its fixture \"schema\" was set up by \"fill_more\" on generation 1 of service db, "
                "and the test had generation 2"});
  generations.forget();
  EXPECT_EQ(generations.older({{}, {}, {"schema"}}, {{"db", 2}}), Sentences{});
}

}  // namespace
}  // namespace holdfast
