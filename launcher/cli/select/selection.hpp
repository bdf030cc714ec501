// Chooses the tests that `holdfast ctest` and `holdfast shard` are about.
//
// Every restriction is a set of tests, and a test must be in all of them: those that ctest's own
// options select, those that were red or not begun, those that a change affects. What the chosen
// tests need comes along, as far as ctest's own options leave it. Then the tests are divided.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/select/tree_tests.hpp"
#include "cli/select/user_call.hpp"
#include "core/base/result.hpp"
#include "core/select/division.hpp"

namespace holdfast::cli {

struct Restrictions {
  bool failed = false;
  std::string affected;  // since this commit, as git names it; empty: no such restriction
  std::optional<ShardNumber> shard;
  std::string timings;  // path of a history; only with a shard
  // With in_one_shard, the shards run in one tree. Then its own history is the same for all of
  // them.
  SharedFixtures fixtures = SharedFixtures::repeated;

  bool any() const { return failed || !affected.empty() || shard; }
};

struct Chosen {
  TreeTests all;
  std::vector<std::size_t> tests;  // places in `all`, ascending
  // With a shard. Its places are those in `divided`, which has places in `all`.
  std::optional<Division> division;
  std::vector<std::size_t> divided;
  TestTimes times;  // by place in `divided`
  // For people: `2 red when last seen, 1 not begun`. Empty: no restriction of ours.
  std::string why;
};

Result<Chosen> choose(const UserCall& user, const Restrictions& restrictions);

}  // namespace holdfast::cli
