#include "select/division.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ctest/test_graph.hpp"

namespace holdfast {
namespace {

using Names = std::vector<std::string>;
using Numbers = std::vector<std::size_t>;
using Shards = std::vector<Numbers>;

SelectableTest named(std::string name, TestSchedule schedule = {}) {
  return {std::move(name), 0, std::move(schedule)};
}

std::vector<SelectableTest> numbered(std::vector<SelectableTest> tests) {
  for (std::size_t i = 0; i < tests.size(); ++i) tests[i].number = i + 1;
  return tests;
}

TestTimes unknown(const std::vector<SelectableTest>& tests) { return TestTimes(tests.size()); }

Shards shards_of(const std::vector<SelectableTest>& tests, const TestTimes& times,
                 std::size_t count) {
  return divide(tests, times, count).shards;
}

TEST(division, a_shard_is_a_number_of_a_count) {
  const Result<ShardNumber> shard = parse_shard("3/16");
  ASSERT_TRUE(shard);
  EXPECT_EQ(shard->number, 3U);
  EXPECT_EQ(shard->count, 16U);
  EXPECT_EQ(to_text(*shard), "3/16");
  EXPECT_TRUE(parse_shard("10000/10000"));
  for (const char* wrong : {"", "1", "1/", "/2", "0/4", "5/4", "0/0", "-1/4", "1/4 ", " 1/4",
                            "1/4/8", "1.5/4", "a/b", "1/10001", "1/99999999999999999999"}) {
    const Result<ShardNumber> refused = parse_shard(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(to_text(refused.error()), "\"" + std::string(wrong) +
                                            "\": expected I/N, shard I of N, with 1 <= I <= N <= "
                                            "10000");
  }
}

TEST(division, the_longest_tests_are_placed_first) {
  const auto tests = numbered({named("a"), named("b"), named("c"), named("d"), named("e")});
  EXPECT_EQ(shards_of(tests, {1000, 7000, 2000, 4000, 3000}, 2), (Shards{{1, 2}, {0, 3, 4}}));
}

TEST(division, tests_of_unknown_time_are_placed_by_name_and_not_by_number) {
  const auto tests = numbered({named("d"), named("b"), named("a"), named("c")});
  EXPECT_EQ(shards_of(tests, unknown(tests), 2), (Shards{{2, 3}, {0, 1}}));
}

TEST(division, tests_of_unknown_time_come_last_and_count_as_one_of_median_time) {
  const auto tests = numbered({named("a"), named("b"), named("c"), named("d"), named("e")});
  // 6 | 5, then 1 to the second, then `a` and `b` with 5 each.
  EXPECT_EQ(shards_of(tests, {std::nullopt, std::nullopt, 6, 5, 1}, 2),
            (Shards{{0, 2}, {1, 3, 4}}));
}

TEST(division, tests_that_take_no_time_are_spread_too) {
  const auto tests = numbered({named("a"), named("b"), named("c"), named("d")});
  EXPECT_EQ(shards_of(tests, {0, 0, 0, 0}, 2), (Shards{{0, 2}, {1, 3}}));
}

TEST(division, more_shards_than_tests_leave_shards_without_tests) {
  const auto tests = numbered({named("a"), named("b")});
  EXPECT_EQ(shards_of(tests, unknown(tests), 4), (Shards{{0}, {1}, {}, {}}));
  EXPECT_EQ(shards_of({}, {}, 3), (Shards{{}, {}, {}}));
  EXPECT_EQ(shards_of(tests, unknown(tests), k_most_shards).size(), k_most_shards);
}

TEST(division, tests_that_depend_on_each_other_are_never_apart) {
  const auto tests = numbered({named("c", {.depends = {"b", "not there"}}), named("x"),
                               named("b", {.depends = {"a"}}), named("a"), named("y")});
  EXPECT_EQ(shards_of(tests, {5, 9, 5, 5, 1}, 2), (Shards{{0, 2, 3}, {1, 4}}));
}

TEST(division, a_dependence_is_on_each_test_of_the_name) {
  const auto tests =
      numbered({named("a"), named("a"), named("b", {.depends = {"a"}}), named("c"), named("d")});
  EXPECT_EQ(shards_of(tests, {3, 3, 3, 1, 1}, 2), (Shards{{0, 1, 2}, {3, 4}}));
}

TEST(division, tests_of_one_name_are_never_apart) {
  const auto tests = numbered({named("a"), named("b"), named("c"), named("a")});
  EXPECT_EQ(shards_of(tests, {4, 4, 4, 4}, 2), (Shards{{0, 3}, {1, 2}}));
  const auto fixtures =
      numbered({named("up", {.setup = {"x"}}), named("up", {.setup = {"y"}}),
                named("a", {.required = {"x"}}), named("b", {.required = {"y"}})});
  EXPECT_EQ(shards_of(fixtures, {1, 1, 50, 50}, 2), (Shards{{0, 1, 2}, {0, 1, 3}}));
  const auto one_provides =
      numbered({named("up", {.setup = {"x"}}), named("up"), named("a", {.required = {"x"}}),
                named("b", {.required = {"x"}})});
  EXPECT_EQ(shards_of(one_provides, {1, 1, 50, 50}, 2), (Shards{{0, 1, 2, 3}, {}}));
}

// A set-up of 10, a clean-up of 2, and users of 10 each.
std::vector<SelectableTest> users_of_database(std::size_t users) {
  std::vector<SelectableTest> tests{named("up", {.setup = {"db"}}),
                                    named("down", {.cleanup = {"db"}})};
  for (std::size_t i = 0; i < users; ++i) {
    tests.push_back(named("u" + std::to_string(i), {.required = {"db"}}));
  }
  return numbered(std::move(tests));
}

TEST(division, what_a_fixture_shares_is_repeated_where_that_makes_the_shards_faster) {
  const auto tests = users_of_database(8);
  TestTimes times(tests.size(), 10);
  times[1] = 2;
  EXPECT_EQ(shards_of(tests, times, 2), (Shards{{0, 1, 2, 4, 6, 8}, {0, 1, 3, 5, 7, 9}}));
}

TEST(division, what_a_fixture_shares_stays_together_where_repeating_it_gains_little) {
  const auto tests = users_of_database(2);
  TestTimes times(tests.size(), 1);
  times[0] = 60;
  EXPECT_EQ(shards_of(tests, times, 2), (Shards{{0, 1, 2, 3}, {}}));
}

// More of them than a sort leaves in their order by chance.
TEST(division, users_of_a_fixture_without_times_are_placed_by_name_and_not_by_number) {
  std::vector<SelectableTest> tests{named("up", {.setup = {"db"}})};
  std::map<std::string, std::size_t> by_name;
  for (std::size_t i = 0; i < 40; ++i) {
    const std::string name = "u" + std::to_string(10 + i * 7 % 41);
    by_name[name] = tests.size();
    tests.push_back(named(name, {.required = {"db"}}));
  }
  Shards expected{{0}, {0}};
  std::size_t shard = 0;
  for (const auto& [name, place] : by_name) expected[shard++ % 2].push_back(place);
  for (Numbers& numbers : expected) std::sort(numbers.begin(), numbers.end());
  EXPECT_EQ(shards_of(numbered(tests), unknown(tests), 2), expected);
}

TEST(division, a_fixture_that_only_its_own_tests_require_is_not_apart_from_what_it_needs) {
  const auto tests = numbered({named("base", {.setup = {"base"}}),
                               named("up", {.setup = {"a"}, .required = {"base"}}),
                               named("down", {.required = {"a"}, .cleanup = {"a"}}),
                               named("up 2", {.setup = {"b"}, .required = {"base"}}),
                               named("down 2", {.required = {"b"}, .cleanup = {"b"}})});
  EXPECT_EQ(shards_of(tests, {1, 10, 10, 10, 10}, 3), (Shards{{0, 1, 2}, {0, 3, 4}, {}}));
}

TEST(division, a_set_up_that_depends_on_a_test_is_not_repeated) {
  auto tests = users_of_database(8);
  tests.push_back(named("before"));
  tests[0].schedule.depends = {"before"};
  tests.push_back(named("other"));
  TestTimes times(tests.size(), 10);
  EXPECT_EQ(shards_of(numbered(tests), times, 2),
            (Shards{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {11}}));
}

TEST(division, the_fixtures_that_a_fixture_needs_come_along) {
  auto tests = users_of_database(4);
  tests.push_back(named("disk up", {.setup = {"disk"}}));
  tests.push_back(named("disk down", {.cleanup = {"disk"}}));
  tests[0].schedule.required = {"disk"};
  TestTimes times(tests.size(), 1);
  for (std::size_t i = 2; i < 6; ++i) times[i] = 100;
  EXPECT_EQ(shards_of(numbered(tests), times, 2), (Shards{{0, 1, 2, 4, 6, 7}, {0, 1, 3, 5, 6, 7}}));
}

TEST(division, a_set_up_that_nobody_requires_is_a_test_like_others) {
  const auto tests = numbered({named("up", {.setup = {"db"}}), named("a", {.depends = {"up"}}),
                               named("b", {.depends = {"up"}}), named("c")});
  EXPECT_EQ(shards_of(tests, {1, 5, 5, 9}, 2), (Shards{{0, 1, 2}, {3}}));
}

TEST(division, fixtures_that_need_one_another_in_a_circle_are_in_a_shard) {
  const auto tests = numbered({named("a", {.setup = {"A"}, .required = {"B"}}),
                               named("b", {.setup = {"B"}, .required = {"A"}}), named("c")});
  EXPECT_EQ(shards_of(tests, {5, 5, 5}, 2), (Shards{{0, 1}, {2}}));
}

TEST(division, a_disabled_test_weighs_nothing) {
  auto tests = numbered({named("a"), named("b"), named("c"), named("d")});
  tests[0].is_disabled = true;
  EXPECT_EQ(shards_of(tests, {1000, 10, 10, 20}, 2), (Shards{{0, 3}, {1, 2}}));
}

TEST(division, the_time_of_a_disabled_test_says_nothing_of_those_of_unknown_time) {
  auto tests = numbered({named("b"), named("c"), named("d"), named("u1"), named("u2"), named("x1"),
                         named("x2"), named("x3"), named("x4")});
  TestTimes times{100, 10, 10, std::nullopt, std::nullopt, 1000, 1000, 1000, 1000};
  for (std::size_t i = 5; i < tests.size(); ++i) tests[i].is_disabled = true;
  // 100 | 10, 10, then two with 10 each, and those that do not start where the load is the least.
  EXPECT_EQ(shards_of(tests, times, 2), (Shards{{0}, {1, 2, 3, 4, 5, 6, 7, 8}}));
}

TEST(division, the_fingerprint_is_that_of_the_tests_the_times_and_the_count) {
  const auto tests = numbered({named("a"), named("b", {.depends = {"a"}})});
  const auto print = [](const std::vector<SelectableTest>& list, const TestTimes& times,
                        std::size_t n) { return divide(list, times, n).fingerprint; };
  const std::string one = print(tests, {1, std::nullopt}, 2);
  EXPECT_EQ(one.size(), 16U);
  EXPECT_EQ(one.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(print(tests, {1, std::nullopt}, 2), one);
  std::set<std::string> others{one};
  others.insert(print(tests, {1, std::nullopt}, 3));
  others.insert(print(tests, {2, std::nullopt}, 2));
  others.insert(print(tests, {1, 0}, 2));
  others.insert(print({tests[1], tests[0]}, {1, std::nullopt}, 2));
  others.insert(print({tests[0]}, {1}, 2));
  for (const TestSchedule& schedule :
       {TestSchedule{}, TestSchedule{.setup = {"a"}}, TestSchedule{.required = {"a"}},
        TestSchedule{.cleanup = {"a"}}, TestSchedule{.depends = {"a", "b"}}}) {
    others.insert(print({tests[0], named("b", schedule)}, {1, std::nullopt}, 2));
  }
  auto disabled = tests;
  disabled[1].is_disabled = true;
  others.insert(print(disabled, {1, std::nullopt}, 2));
  EXPECT_EQ(others.size(), 12U);
}

// A random list of tests, and what a reader of the properties would say of it.
class RandomList {
 public:
  explicit RandomList(unsigned seed) : random_(seed) {
    const std::size_t count = below(100) + 1;
    const std::size_t fixtures = below(12);
    const std::size_t edges = below(count);
    for (std::size_t i = 0; i < count; ++i) tests_.push_back(named(name_of_new()));
    for (std::size_t i = 0; i < edges; ++i) {
      any().schedule.depends.push_back(tests_[below(count)].name);
    }
    for (std::size_t i = 0; i < fixtures; ++i) {
      const std::string name = "f" + std::to_string(i);
      for (std::size_t k = below(3); k-- > 0;) any().schedule.setup.push_back(name);
      for (std::size_t k = below(3); k-- > 0;) any().schedule.cleanup.push_back(name);
      for (std::size_t k = below(count / 2 + 1); k-- > 0;) any().schedule.required.push_back(name);
    }
    for (std::size_t i = 0; i < count; ++i) {
      tests_[i].number = i + 1;
      times_.emplace_back(1 +
                          static_cast<std::int64_t>(std::exponential_distribution(0.001)(random_)));
    }
    find_units();
  }

  const std::vector<SelectableTest>& tests() const { return tests_; }
  const TestTimes& times() const { return times_; }

  std::int64_t time_of(const Numbers& places) const {
    std::int64_t sum = 0;
    for (const std::size_t place : places) sum += *times_[place];
    return sum;
  }

  // The sets of tests that hang together in any way.
  std::vector<Numbers> clusters() const {
    DisjointSets sets(tests_.size());
    std::map<std::string, std::size_t> first;
    const auto join_by = [&](const std::string& what, std::size_t test) {
      sets.join(first.emplace(what, test).first->second, test);
    };
    for (std::size_t i = 0; i < tests_.size(); ++i) {
      join_by("test " + tests_[i].name, i);
      const TestSchedule& schedule = tests_[i].schedule;
      for (const std::string& name : schedule.depends) join_by("test " + name, i);
      for (const Names* names : {&schedule.setup, &schedule.required, &schedule.cleanup}) {
        for (const std::string& name : *names) join_by("fixture " + name, i);
      }
    }
    std::map<std::size_t, Numbers> by_set;
    for (std::size_t i = 0; i < tests_.size(); ++i) by_set[sets.set_of(i)].push_back(i);
    std::vector<Numbers> clusters;
    for (auto& [set, members] : by_set) clusters.push_back(std::move(members));
    return clusters;
  }

  // Those that provide a fixture which some test requires.
  const TestSet& providers() const { return providers_; }
  // The providers that are in a shard together: by the same fixture, or of the same name.
  const std::vector<Numbers>& units() const { return units_; }

 private:
  void find_units() {
    std::set<std::string> required;
    for (const SelectableTest& test : tests_) {
      required.insert(test.schedule.required.begin(), test.schedule.required.end());
    }
    DisjointSets sets(tests_.size());
    std::map<std::string, std::size_t> first;
    providers_.resize(tests_.size());
    for (std::size_t i = 0; i < tests_.size(); ++i) {
      for (const Names* names : {&tests_[i].schedule.setup, &tests_[i].schedule.cleanup}) {
        for (const std::string& fixture : *names) {
          if (required.count(fixture) == 0) continue;
          providers_[i] = true;
          sets.join(first.emplace("fixture " + fixture, i).first->second, i);
          sets.join(first.emplace("test " + tests_[i].name, i).first->second, i);
        }
      }
    }
    std::map<std::size_t, Numbers> by_set;
    for (std::size_t i = 0; i < tests_.size(); ++i) {
      if (providers_[i]) by_set[sets.set_of(i)].push_back(i);
    }
    for (auto& [set, members] : by_set) units_.push_back(std::move(members));
  }

  std::size_t below(std::size_t bound) { return random_() % std::max<std::size_t>(bound, 1); }
  SelectableTest& any() { return tests_[below(tests_.size())]; }
  std::string name_of_new() {
    // Some names are those of several tests.
    return !tests_.empty() && below(10) == 0 ? any().name
                                             : "t" + std::to_string(random_() % 100'000);
  }

  std::mt19937 random_;
  std::vector<SelectableTest> tests_;
  TestTimes times_;
  TestSet providers_;
  std::vector<Numbers> units_;
};

// What the tests of the set that are no providers need, and they themselves.
TestSet needed_by_others(const RandomList& list, const TestGraph& graph, TestSet set) {
  for (std::size_t i = 0; i < set.size(); ++i) set[i] = set[i] && !list.providers()[i];
  while (true) {
    TestSet more = with_needed(graph, set);
    for (const Numbers& unit : list.units()) {
      const bool has_any = std::ranges::any_of(unit, [&](std::size_t test) { return more[test]; });
      for (const std::size_t test : unit) more[test] = more[test] || has_any;
    }
    if (more == set) return set;
    set = std::move(more);
  }
}

void check_shard(const RandomList& list, const TestGraph& graph, const Numbers& shard,
                 const TestSet& needed_anywhere) {
  EXPECT_TRUE(std::is_sorted(shard.begin(), shard.end()));
  TestSet set(list.tests().size());
  for (const std::size_t test : shard) set[test] = true;
  EXPECT_EQ(with_needed(graph, set), set);
  const TestSet needed = needed_by_others(list, graph, set);
  for (const std::size_t test : shard) EXPECT_EQ(needed[test], needed_anywhere[test]) << test;
}

// Shards in one tree: each test is in exactly one of them, with all that it needs.
void check_division_of_one_tree(const RandomList& list, std::size_t count) {
  const Division division = divide(list.tests(), list.times(), count, SharedFixtures::in_one_shard);
  EXPECT_NE(divide(list.tests(), list.times(), count).fingerprint, division.fingerprint);
  const TestGraph graph(list.tests());
  std::vector<std::size_t> times_in(list.tests().size());
  for (const Numbers& shard : division.shards) {
    TestSet set(list.tests().size());
    for (const std::size_t test : shard) set[test] = true;
    EXPECT_EQ(with_needed(graph, set), set);
    for (const std::size_t test : shard) ++times_in[test];
  }
  EXPECT_EQ(times_in, std::vector<std::size_t>(list.tests().size(), 1));
}

void check_division(const RandomList& list, std::size_t count) {
  check_division_of_one_tree(list, count);
  const Division division = divide(list.tests(), list.times(), count);
  ASSERT_EQ(division.shards.size(), count);
  EXPECT_EQ(divide(list.tests(), list.times(), count).shards, division.shards);
  const TestGraph graph(list.tests());
  const TestSet needed = needed_by_others(list, graph, TestSet(list.tests().size(), true));
  std::vector<std::size_t> times_in(list.tests().size());
  std::int64_t slowest = 0;
  std::int64_t all = 0;
  for (const Numbers& shard : division.shards) {
    check_shard(list, graph, shard, needed);
    for (const std::size_t test : shard) ++times_in[test];
    slowest = std::max(slowest, list.time_of(shard));
    all += list.time_of(shard);
  }
  for (std::size_t test = 0; test < times_in.size(); ++test) {
    EXPECT_GE(times_in[test], 1U) << test;
    if (!list.providers()[test]) {
      EXPECT_EQ(times_in[test], 1U) << test;
    }
  }
  std::int64_t longest = 0;
  for (const Numbers& cluster : list.clusters()) longest = std::max(longest, list.time_of(cluster));
  const double mean = static_cast<double>(all) / static_cast<double>(count);
  EXPECT_LE(static_cast<double>(slowest), std::max(1.2 * mean, static_cast<double>(longest)));
}

// HOLDFAST_GRAPHS: so many graphs.
TEST(division, of_any_graph_each_test_is_in_one_shard_with_what_it_needs) {
  const char* const wanted = std::getenv("HOLDFAST_GRAPHS");
  const unsigned graphs = wanted == nullptr ? 40 : static_cast<unsigned>(std::atoi(wanted));
  for (unsigned seed = 0; seed < graphs; ++seed) {
    SCOPED_TRACE(seed);
    const RandomList list(seed);
    for (std::size_t count = 1; count <= 16; ++count) {
      SCOPED_TRACE(count);
      check_division(list, count);
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace holdfast
