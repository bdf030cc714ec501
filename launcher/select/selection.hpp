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

#include "base/result.hpp"
#include "base/text.hpp"
#include "select/ctest_call.hpp"
#include "select/division.hpp"

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

  // Of a shard of the division, by its number from 1: places in `all`.
  std::vector<std::size_t> places_in_shard(std::size_t number) const {
    return collected(division->shards[number - 1],
                     [&](std::size_t place) { return divided[place]; });
  }
};

Result<Chosen> choose(const UserCall& user, const Restrictions& restrictions);

// `holdfast ctest` leaves files for the ctest that it becomes. Returns how all their paths begin;
// one of names::k_selected_numbers_file and its neighbours follows. Makes their directory in the
// tree, and removes the files of processes that have ended.
Result<std::string> prefix_of_selection_files(const std::string& tree);

// The records of what was chosen: of a shard, also of what is in the others. Whole lines.
std::string planned_lines(const Chosen& chosen, const Restrictions& restrictions);
// The same of tests of which none is in a shard.
std::string planned_lines(const std::vector<SelectableTest>& tests);

// Whether Holdfast is attached to the tree. If it is not, nobody takes the variables away that are
// for this ctest, and tests would see them.
bool is_attached(const std::string& tree);

// Leaves these records for the ctest that we become. Its keeper writes them into the journal, and
// makes the run red if ctest runs other tests (run/run.hpp). Without Holdfast in
// the tree, there is nobody to read them. `prefix`: of prefix_of_selection_files().
Result<void> leave_plan(const std::string& tree, const std::string& prefix,
                        const std::string& lines);

}  // namespace holdfast::cli
