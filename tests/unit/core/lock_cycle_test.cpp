#include "core/lock_cycle.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

LockParty party(int pid, const std::string& attempt, const std::vector<std::string>& around = {}) {
  LockParty one;
  one.process = {pid, 1};
  one.test = "t" + std::to_string(pid);
  one.attempt = attempt;
  one.around = around;
  return one;
}

// Outer A holds b, outer B holds a; inside A somebody wants a, inside B somebody wants b.
TEST(LockCycle, TwoNestedRunsThatWaitForOneAnotherAreNamedInOrder) {
  const LockParty outer_a = party(1, "A");
  const LockParty outer_b = party(2, "B");
  const LockParty in_a = party(3, "A1", {"A"});
  const LockParty in_b = party(4, "B1", {"B"});
  const std::vector<LockUse> all{{"a@user", {outer_b}, {in_a}}, {"b@user", {outer_a}, {in_b}}};
  const auto cycle = find_lock_cycle(in_a, all[0], all);
  ASSERT_EQ(cycle.size(), 2U);
  EXPECT_EQ(
      describe_lock_cycle(cycle),
      "\"t3\" (pid 3) waits for a@user, held by \"t2\" (pid 2), in which \"t4\" (pid 4) waits "
      "for b@user, held by \"t1\" (pid 1), which is around \"t3\" (pid 3)");
}

TEST(LockCycle, AnAttemptThatWaitsItselfWithALockInHandIsPartOfOne) {
  const LockParty outer = party(1, "A");
  const LockParty in_a = party(3, "A1", {"A"});
  const LockParty both = party(2, "B");  // has a, waits for z
  const std::vector<LockUse> all{{"a@user", {both}, {in_a}}, {"z@user", {outer}, {both}}};
  EXPECT_EQ(find_lock_cycle(in_a, all[0], all).size(), 2U);
}

TEST(LockCycle, AChainThatEndsIsNone) {
  const LockParty in_a = party(3, "A1", {"A"});
  const LockParty holder = party(2, "B");
  const LockParty in_b = party(4, "B1", {"B"});
  const LockParty last = party(5, "C");
  const std::vector<LockUse> all{{"a@user", {holder}, {in_a}}, {"b@user", {last}, {in_b}}};
  EXPECT_TRUE(find_lock_cycle(in_a, all[0], all).empty());
  EXPECT_TRUE(find_lock_cycle(in_a, {"a@user", {}, {}}, all).empty());
}

TEST(LockCycle, ACircleOfOthersDoesNotHoldUpTheSearch) {
  const LockParty in_a = party(3, "A1", {"A"});
  const LockParty b = party(1, "B");
  const LockParty c = party(2, "C");
  const std::vector<LockUse> all{{"a@user", {b}, {in_a, c}}, {"b@user", {c}, {b}}};
  EXPECT_TRUE(find_lock_cycle(in_a, all[0], all).empty());
}

TEST(LockCycle, RecordsThatSayNothingOfAttemptsMakeNone) {
  const LockParty in_a = party(3, "");
  const LockParty holder = party(2, "");
  const std::vector<LockUse> all{{"a@user", {holder}, {in_a}}};
  EXPECT_TRUE(find_lock_cycle(in_a, all[0], all).empty());
}

}  // namespace
}  // namespace holdfast
