#include "ctest/test_graph.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

SelectableTest named(std::string name, TestSchedule schedule = {}) {
  return {std::move(name), 0, std::move(schedule)};
}

// The names of the tests that come with the named one.
std::vector<std::string> with(const std::string& wanted, const std::vector<SelectableTest>& tests) {
  TestSet set(tests.size());
  for (std::size_t i = 0; i < tests.size(); ++i) set[i] = tests[i].name == wanted;
  set = with_needed(TestGraph(tests), std::move(set));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    if (set[i]) names.push_back(tests[i].name);
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(TestGraph, WhatATestNeedsComesAlong) {
  const std::vector<SelectableTest> tests{
      named("up", {.depends = {"zero"}, .setup = {"db"}}),
      named("down", {.cleanup = {"db", "net"}}),
      named("user", {.depends = {"before"}, .required = {"db", "no such fixture"}}),
      named("before", {.depends = {"first", "no such test"}}),
      named("first"),
      named("zero", {.required = {"net"}}),
      named("net up", {.setup = {"net"}}),
      named("other", {.required = {"net"}})};
  EXPECT_EQ(with("user", tests),
            (Names{"up", "down", "user", "before", "first", "zero", "net up"}));
  EXPECT_EQ(with("other", tests), (Names{"down", "net up", "other"}));
  EXPECT_EQ(with("down", tests), Names{"down"});
  EXPECT_EQ(with("first", tests), Names{"first"});
}

TEST(TestGraph, EachTestOfANameComesAlong) {
  const std::vector<SelectableTest> tests{named("a"), named("b", {.depends = {"a"}}), named("a")};
  EXPECT_EQ(with("b", tests), (Names{"a", "b", "a"}));
}

TEST(TestGraph, ACircleEnds) {
  const std::vector<SelectableTest> tests{named("a", {.depends = {"b", "a"}}),
                                          named("b", {.depends = {"a"}, .setup = {"x"}}),
                                          named("c", {.setup = {"y"}, .required = {"x", "y"}})};
  EXPECT_EQ(with("a", tests), (Names{"a", "b"}));
  EXPECT_EQ(with("c", tests), (Names{"a", "b", "c"}));
}

TEST(TestGraph, ManyThatNeedManyCostNoMoreThanTheirSum) {
  std::vector<SelectableTest> tests;
  constexpr std::size_t k_many = 20'000;
  for (std::size_t i = 0; i < k_many; ++i) {
    tests.push_back(named("same", {.depends = {"same"}, .setup = {"f"}, .required = {"f"}}));
  }
  EXPECT_EQ(with("same", tests).size(), k_many);
}

TEST(TestGraph, WhatFixturesImplyIsNoDependence) {
  // As ctest 3.25 to 4.3 list them.
  std::vector<SelectableTest> tests{
      named("base", {.setup = {"B"}}),
      named("bdown", {.depends = {"up", "base"}, .cleanup = {"B"}}),
      named("up", {.depends = {"base"}, .setup = {"F"}, .required = {"B"}}),
      named("down",
            {.depends = {"x", "up", "down", "u1", "u2"}, .required = {"F"}, .cleanup = {"F"}}),
      named("u1", {.depends = {"up", "x"}, .required = {"F"}}),
      named("u2", {.depends = {"up", "u1"}, .required = {"F"}}),
      named("x")};
  remove_implied_depends(tests);
  EXPECT_EQ(with("u1", tests), (Names{"base", "bdown", "up", "down", "u1", "x"}));
  EXPECT_EQ(with("u2", tests), (Names{"base", "bdown", "up", "down", "u1", "u2", "x"}));
  EXPECT_EQ(with("bdown", tests), Names{"bdown"});
}

TEST(TestGraph, WhatCannotBeSelectedComesWithATestThatNeedsIt) {
  const std::vector<SelectableTest> tests{
      named("base up", {.setup = {"base"}}),
      named("up", {.setup = {"db"}, .required = {"base"}}),
      named("user", {.depends = {"before"}, .required = {"db"}}),
      named("user 2", {.required = {"db"}}),
      named("nobody's"),
      named("before")};
  const TestGraph graph(tests);
  const TestSet selectable{false, false, true, true, false, true};
  const auto with = [&](const TestSet& wanted) { return with_users(graph, wanted, selectable); };
  // `user` needs `up`, which needs `base up`.
  EXPECT_EQ(with({true, false, false, false, false, false}),
            (TestSet{true, false, true, false, false, false}));
  // One that is wanted anyway brings it along.
  EXPECT_EQ(with({true, true, false, true, false, false}),
            (TestSet{true, true, false, true, false, false}));
  EXPECT_EQ(with({false, false, false, false, true, true}),
            (TestSet{false, false, false, false, true, true}));
}

TEST(TestGraph, OneThatSetsUpMuchComesWithTheFirstThatNeedsSomeOfIt) {
  const std::vector<SelectableTest> tests{named("up", {.setup = {"db", "net"}}),
                                          named("user", {.required = {"db"}}),
                                          named("user 2", {.required = {"net"}})};
  EXPECT_EQ(with_users(TestGraph(tests), {true, false, false}, {false, true, true}),
            (TestSet{true, true, false}));
}

TEST(FixtureFilter, RemovesWhatWouldBringTestsAlong) {
  const std::vector<SelectableTest> tests{named("up", {.setup = {"db"}}),
                                          named("down", {.cleanup = {"db"}}),
                                          named("user", {.required = {"db", "dbs"}})};
  const auto left = [&](const FixtureFilter& filter) {
    std::vector<SelectableTest> some = tests;
    apply(filter, some);
    return with("user", some);
  };
  EXPECT_EQ(left({}), (Names{"up", "down", "user"}));
  EXPECT_EQ(left({.any = "^db$"}), Names{"user"});
  EXPECT_EQ(left({.setup = "d"}), (Names{"down", "user"}));
  EXPECT_EQ(left({.cleanup = ".*"}), (Names{"up", "user"}));
  EXPECT_EQ(left({.any = "dbs", .setup = "("}), (Names{"up", "down", "user"}));
}

TEST(NotBegun, IsWhatARunLeftOutAndNoLaterRunHasBegun) {
  // Nobody asks for the last one. The newest run began the second one.
  NotBegun left({false, false, false, false, true});
  left.see_begun({false, true, false, false, false});
  // This one was cut short. It began the first test of three.
  left.see_begun({true, false, false, false, false});
  left.see_planned({true, true, true, false, true});
  EXPECT_EQ(left.tests(), (TestSet{false, false, true, false, false}));
  EXPECT_FALSE(left.is_done());
  // What older runs have begun or left out says nothing of the first three.
  left.see_begun({false, false, true, true, false});
  EXPECT_TRUE(left.is_done());
  left.see_planned({true, true, true, true, true});
  EXPECT_EQ(left.tests(), (TestSet{false, false, true, false, false}));
}

TEST(NotBegun, NoOlderRunIsAskedAfterAWholeOne) {
  NotBegun left(TestSet(3));
  EXPECT_FALSE(left.is_done());
  left.see_begun(TestSet(3, true));
  EXPECT_TRUE(left.is_done());
  EXPECT_EQ(left.tests(), TestSet(3));
  EXPECT_TRUE(NotBegun(TestSet()).is_done());
}

}  // namespace
}  // namespace holdfast
