#include "locks/inherited_locks.hpp"

#include <gtest/gtest.h>

#include "base/process_name.hpp"

namespace holdfast::supervision {
namespace {

constexpr const char* k_here = "this boot";

// The attempts 1 and 2 are visible ancestors, and 2 is the nearest.
LockSeeker seeker(const std::string& own_attempt = "") {
  return {own_attempt.empty() ? 0 : tag_number(own_attempt), k_here, {{20, 9}, {10, 9}}};
}

LockParty holder(const std::string& attempt, ProcessName launcher,
                 std::vector<std::string> around = {}) {
  LockParty party;
  party.process = launcher;
  party.boot = k_here;
  party.attempt = attempt;
  party.around = std::move(around);
  return party;
}

os::SurveyedLock lock(const std::string& name, std::vector<LockParty> holders) {
  os::SurveyedLock lock;
  lock.scope_directory = "user";
  lock.name = name;
  lock.holders = std::move(holders);
  return lock;
}

TEST(HeldAbove, IsWhatOurAncestorsHoldTheNearestFirst) {
  EXPECT_EQ(held_above_in({lock("a", {holder("r.1", {10, 9})}), lock("b", {holder("r.2", {20, 9})}),
                           lock("c d", {holder("r.1", {10, 9})})},
                          seeker()),
            "user/b#r.2,user/a#r.1,user/c%20d#r.1");
}

TEST(HeldAbove, IsNothingOfOthers) {
  EXPECT_EQ(held_above_in({lock("a", {holder("q.1", {30, 9})})}, seeker()), "");
  EXPECT_EQ(held_above_in({lock("a", {holder("q.1", {10, 8})})}, seeker()), "");  // an earlier pid
  EXPECT_EQ(held_above_in({lock("a", {holder("", {10, 9})})}, seeker()), "");
  LockParty of_container = holder("q.1", {10, 9});
  of_container.boot = "another";
  EXPECT_EQ(held_above_in({lock("a", {of_container})}, seeker()), "");
}

TEST(HeldAbove, InAnotherPidNamespaceTheTagCountsAndNoNumber) {
  LockSeeker inside = seeker("r.2");
  inside.numbering += "/pid:[7]";
  EXPECT_EQ(held_above_in({lock("a", {holder("r.1", {10, 9})})}, inside), "");
  EXPECT_EQ(held_above_in({lock("a", {holder("r.2", {80, 9})})}, inside), "user/a#r.2");
}

TEST(HeldAbove, SaysHowALockIsHeld) {
  LockParty shared = holder("r.1", {10, 9});
  shared.mode = LockMode::shared;
  LockParty counted = holder("r.1", {10, 9});
  counted.mode = LockMode::counted;
  counted.units = 2;
  counted.size = 4;
  counted.slots = {1, 3};
  EXPECT_EQ(held_above_in({lock("a", {shared}), lock("g", {counted})}, seeker()),
            "user/a:shared#r.1,user/g:1+3/4#r.1");
}

TEST(HeldAbove, AnAttemptOutOfSightIsKnownByOurTagAndNamesThoseAroundIt) {
  const std::vector<os::SurveyedLock> locks{
      lock("a", {holder("r.1", {70, 9})}),
      lock("b", {holder("r.2", {80, 9}, {"r.3", "r.1"})}),
      lock("c", {holder("r.3", {90, 9})}),
      lock("d", {holder("q.1", {91, 9})}),
  };
  EXPECT_EQ(held_above_in(locks, seeker("r.2")), "user/b#r.2,user/c#r.3,user/a#r.1");
  EXPECT_EQ(held_above_in(locks, seeker()), "");
}

TEST(HeldAbove, WhatIsOutOfSightComesAfterWhatIsSeen) {
  const std::vector<os::SurveyedLock> locks{
      lock("far", {holder("r.1", {70, 9})}),
      lock("own", {holder("r.3", {80, 9}, {"r.1"})}),
      lock("seen", {holder("r.2", {10, 9})}),
  };
  EXPECT_EQ(held_above_in(locks, seeker("r.3")), "user/own#r.3,user/seen#r.2,user/far#r.1");
}

}  // namespace
}  // namespace holdfast::supervision
