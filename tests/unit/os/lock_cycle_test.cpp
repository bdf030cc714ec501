#include "os/lock/lock_cycle.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Names = std::vector<std::string>;

LockParty party(int pid, const std::string& attempt, const Names& around = {}) {
  LockParty one;
  one.process = {pid, 1};
  one.test = "t" + std::to_string(pid);
  one.attempt = attempt;
  one.around = around;
  one.since_unix_ms = pid;  // a greater number came later
  one.ticket = pid;
  return one;
}

LockParty shared(LockParty one) {
  one.mode = LockMode::shared;
  return one;
}

LockParty counted(LockParty one, std::uint64_t units, std::uint64_t size) {
  one.mode = LockMode::counted;
  one.units = units;
  one.size = size;
  return one;
}

LockUse tree(const std::string& name, const std::vector<LockParty>& holders,
             const std::vector<LockParty>& waiters) {
  return {name, holders, waiters, LockUse::Kind::run};
}

// The waiters' pids, in the circle's order.
std::vector<int> pids(const LockCycle& cycle) {
  std::vector<int> found;
  for (const LockCycleStep& step : cycle) found.push_back(step.waiter.process.pid);
  return found;
}

// Outer A holds b, and outer B holds a. A process inside A wants a, and one inside B wants b.
struct Two {
  LockParty outer_a = party(1, "A");
  LockParty outer_b = party(2, "B");
  LockParty in_a = party(3, "A1", {"A"});
  LockParty in_b = party(4, "B1", {"B"});
  std::vector<LockUse> all{{"a@user", {outer_b}, {in_a}}, {"b@user", {outer_a}, {in_b}}};
};

TEST(LockCycle, TwoNestedRunsThatWaitForOneAnotherAreNamedInOrder) {
  const Two two;
  EXPECT_EQ(
      describe_lock_cycle(find_lock_cycle(two.in_a, two.all)),
      "\"t3\" (pid 3) waits for a@user, held by \"t2\" (pid 2), in which \"t4\" (pid 4) waits "
      "for b@user, held by \"t1\" (pid 1), which is around \"t3\" (pid 3)");
}

TEST(LockCycle, ThoseOfNoAttemptAreNotOfOneAnother) {
  const LockParty inside = party(3, "A1", {"A"});
  const LockParty outside = party(9, "");
  const std::vector<LockUse> all{
      {"a@user", {shared(party(1, "A")), shared(party(2, ""))}, {inside}},
      {"c@user", {party(1, "A")}, {outside}}};
  EXPECT_EQ(pids(find_lock_cycle(inside, all)), std::vector<int>{3});
  EXPECT_TRUE(find_lock_cycle(outside, all).empty());
}

TEST(LockCycle, OfTestsTheLastToComeInsideAnotherGivesWayWhoeverLooks) {
  const Two two;
  for (const LockParty& one : {two.in_a, two.in_b}) {
    const LockCycle cycle = find_lock_cycle(one, two.all);
    EXPECT_EQ(pids(cycle).front(), one.process.pid);
    EXPECT_EQ(who_gives_way(cycle).waiter.process.pid, 4);
  }
}

TEST(LockCycle, OfTwoThatCameAtOnceOneGivesWayWhoeverLooks) {
  Two two;
  two.in_a.since_unix_ms = two.in_b.since_unix_ms = 7;
  const std::vector<LockUse> all{{"a@user", {two.outer_b}, {two.in_a}},
                                 {"b@user", {two.outer_a}, {two.in_b}}};
  for (const LockParty& one : {two.in_a, two.in_b}) {
    const LockCycle cycle = find_lock_cycle(one, all);
    ASSERT_EQ(cycle.size(), 2U);
    EXPECT_EQ(who_gives_way(cycle).waiter.process.pid, 4);
  }
}

TEST(LockCycle, WhoIsInsideNoAttemptDoesNotGiveWay) {
  const LockParty outer = party(1, "A");
  const LockParty in_a = party(3, "A1", {"A"});
  const LockParty both = party(9, "B");  // has a, waits for z, is the latest
  const std::vector<LockUse> all{{"a@user", {both}, {in_a}}, {"z@user", {outer}, {both}}};
  const LockCycle cycle = find_lock_cycle(in_a, all);
  EXPECT_EQ(pids(cycle), (std::vector<int>{3, 9}));
  EXPECT_EQ(who_gives_way(cycle).waiter.process.pid, 3);
}

// A test of tree A runs ctest in B, and a test of B runs ctest in A.
TEST(LockCycle, TwoRunsOfTwoTreesInsideOneAnotherAreOne) {
  const LockParty a = party(1, "ctest 1:1");
  const LockParty b = party(2, "ctest 2:1");
  const LockParty in_a = party(3, "", {"A.1", "ctest 1:1"});
  const LockParty in_b = party(4, "", {"B.1", "ctest 2:1"});
  const std::vector<LockUse> all{tree("the build tree /a", {a}, {in_b}),
                                 tree("the build tree /b", {b}, {in_a})};
  const LockCycle cycle = find_lock_cycle(in_a, all);
  EXPECT_EQ(describe_lock_cycle(cycle),
            "\"t3\" (pid 3) waits for the build tree /b, held by \"t2\" (pid 2), in which \"t4\" "
            "(pid 4) waits for the build tree /a, held by \"t1\" (pid 1), which is around \"t3\" "
            "(pid 3)");
  EXPECT_EQ(who_gives_way(cycle).waiter.process.pid, 4);
}

TEST(LockCycle, WhoWaitsForABuildTreeGivesWayBeforeWhoWaitsForALock) {
  // `holdfast run --lock db -- ctest` beside a ctest whose test, itself inside another test, wants
  // db.
  const LockParty outer = party(1, "A");
  const LockParty b = party(2, "ctest 2:1");
  const LockParty nested = party(3, "", {"A"});
  const LockParty test = party(9, "B.1", {"X", "ctest 2:1"});
  const std::vector<LockUse> all{{"db@user", {outer}, {test}}, tree("tree", {b}, {nested})};
  for (const LockParty& one : {nested, test}) {
    EXPECT_EQ(who_gives_way(find_lock_cycle(one, all)).waiter.process.pid, 3);
  }
}

// The whole run only stands before another in the queue, and never looks for circles.
TEST(LockCycle, AWholeRunThatIsInsideNoAttemptDoesNotGiveWay) {
  const LockParty single = shared(party(1, "ctest 1:1"));
  const LockParty whole = party(9, "");
  LockParty nested = shared(party(10, "", {"A"}));
  nested.since_unix_ms = 2;  // its clock was set back
  const LockParty outer = party(2, "A");
  const LockParty test = party(3, "1.1", {"ctest 1:1"});
  const std::vector<LockUse> all{tree("tree", {single}, {whole, nested}),
                                 {"db@user", {outer}, {test}}};
  const LockCycle cycle = find_lock_cycle(nested, all);
  EXPECT_EQ(pids(cycle), (std::vector<int>{10, 9, 3}));
  EXPECT_EQ(who_gives_way(cycle).waiter.process.pid, 10);
}

TEST(LockCycle, AChainThatEndsIsNone) {
  const LockParty in_a = party(3, "A1", {"A"});
  const LockParty holder = party(2, "B");
  const LockParty in_b = party(4, "B1", {"B"});
  const LockParty last = party(5, "C");
  const std::vector<LockUse> all{{"a@user", {holder}, {in_a}}, {"b@user", {last}, {in_b}}};
  EXPECT_TRUE(find_lock_cycle(in_a, all).empty());
  EXPECT_TRUE(find_lock_cycle(in_a, {{"a@user", {}, {in_a}}}).empty());
}

TEST(LockCycle, WhoIsNotOnRecordIsPartOfNone) {
  const Two two;
  LockParty other_wait = two.in_a;
  other_wait.ticket = 77;
  EXPECT_TRUE(find_lock_cycle(other_wait, two.all).empty());
}

TEST(LockCycle, WhoWaitsForACircleOfOthersIsNoPartOfIt) {
  Two two;
  const LockParty outside = party(5, "C1", {"C"});
  two.all.push_back({"z@user", {two.outer_a}, {outside}});
  EXPECT_TRUE(find_lock_cycle(outside, two.all).empty());
  EXPECT_EQ(find_lock_cycle(two.in_b, two.all).size(), 2U);
}

TEST(LockCycle, RecordsThatSayNothingOfAttemptsMakeNone) {
  const LockParty in_a = party(3, "");
  const LockParty holder = party(2, "");
  EXPECT_TRUE(find_lock_cycle(in_a, {{"a@user", {holder}, {in_a}}}).empty());
}

TEST(LockCycle, AReaderBehindAWriterInTheQueueWaitsForItToo) {
  // A reads a, and a process inside A wants b, which B has. Inside B a reader wants a, behind a
  // writer.
  const LockParty reader = shared(party(1, "A"));
  const LockParty other = party(2, "B");
  const LockParty writer = party(3, "W");
  const LockParty in_a = party(4, "A1", {"A"});
  const LockParty in_b = shared(party(5, "B1", {"B"}));
  std::vector<LockUse> all{{"a@user", {reader}, {writer, in_b}}, {"b@user", {other}, {in_a}}};
  const LockCycle cycle = find_lock_cycle(in_b, all);
  EXPECT_EQ(describe_lock_cycle(cycle),
            "\"t5\" (pid 5) waits for a@user, behind \"t3\" (pid 3), which waits for a@user, held "
            "by \"t1\" (pid 1), in which \"t4\" (pid 4) waits for b@user, held by \"t2\" (pid 2), "
            "which is around \"t5\" (pid 5)");
  EXPECT_EQ(who_gives_way(cycle).waiter.process.pid, 5);
  all[0].waiters = {in_b};  // without the writer it reads, too
  EXPECT_TRUE(find_lock_cycle(in_b, all).empty());
}

TEST(LockCycle, WhoMayGetUnitsFromSomebodyElseIsPartOfNone) {
  const LockParty in_a = counted(party(5, "A1", {"A"}), 1, 3);
  const LockParty in_b = party(4, "B1", {"B"});
  const LockParty a = party(3, "A");
  const LockParty b = counted(party(1, "B"), 1, 3);
  const LockParty c = counted(party(2, "C"), 2, 3);
  const struct {
    unsigned wanted;
    std::vector<LockParty> holders;
    std::size_t steps;
  } rows[] = {
      {1, {b, c}, 0},                                    // C ends and leaves two slots
      {2, {b, c}, 0},                                    //
      {3, {b, c}, 2},                                    // B's slots never become free
      {1, {b}, 0},                                       //
      {1, {counted(b, 3, 3)}, 2},                        //
      {1, {party(1, "B")}, 2},                           // B has it exclusively
      {1, {b, counted(party(2, "D", {"B"}), 2, 3)}, 0},  // nothing holds up D itself
  };
  for (const auto& row : rows) {
    for (const LockMode mode : {LockMode::counted, LockMode::amount}) {
      LockParty waiter = in_a;
      waiter.mode = mode;
      waiter.units = row.wanted;
      std::vector<LockParty> holders = row.holders;
      for (LockParty& holder : holders) {
        if (holder.mode == LockMode::counted) holder.mode = mode;
      }
      const std::vector<LockUse> all{{"gpu@user", holders, {waiter}}, {"b@user", {a}, {in_b}}};
      EXPECT_EQ(find_lock_cycle(waiter, all).size(), row.steps) << row.wanted;
    }
  }
}

TEST(LockCycle, TheShortestIsFound) {
  Two two;
  const LockParty c = party(6, "C");
  two.all[0].holders.insert(two.all[0].holders.begin(), c);
  two.all.push_back({"c@user", {two.outer_b}, {party(7, "C1", {"C"})}});
  EXPECT_EQ(pids(find_lock_cycle(two.in_a, two.all)), (std::vector<int>{3, 4}));
}

TEST(LockCycle, TwoLooksSawOneCircleOnlyIfNobodyWentOnInBetween) {
  const Two two;
  const LockCycle cycle = find_lock_cycle(two.in_a, two.all);
  EXPECT_TRUE(is_same_cycle(cycle, cycle));
  EXPECT_FALSE(is_same_cycle(cycle, {}));
  Two later = two;
  later.all[1].waiters[0].ticket = 99;  // it waits again
  EXPECT_FALSE(is_same_cycle(cycle, find_lock_cycle(two.in_a, later.all)));
  later = two;
  later.all[0].holders[0].since_unix_ms = 99;  // it has the lock again
  EXPECT_FALSE(is_same_cycle(cycle, find_lock_cycle(two.in_a, later.all)));
}

TEST(LockCycleWatch, WhoGivesWayDoesSoAtTheSecondLookInARow) {
  const Two two;
  const LockCycle cycle = find_lock_cycle(two.in_b, two.all);
  LockCycleWatch watch;
  EXPECT_EQ(watch.next(), Milliseconds{200});
  EXPECT_FALSE(watch.take(cycle, two.in_b, Milliseconds{200}));
  EXPECT_EQ(watch.next(), Milliseconds{300});
  EXPECT_FALSE(watch.take({}, two.in_b, Milliseconds{300}));
  EXPECT_EQ(watch.next(), Milliseconds{600});
  EXPECT_FALSE(watch.take(cycle, two.in_b, Milliseconds{600}));
  EXPECT_TRUE(watch.take(cycle, two.in_b, Milliseconds{700}));
}

TEST(LockCycleWatch, WhoDoesNotGiveWayGoesOnLookingSeldom) {
  const Two two;
  const LockCycle cycle = find_lock_cycle(two.in_a, two.all);
  LockCycleWatch watch;
  EXPECT_FALSE(watch.take(cycle, two.in_a, Milliseconds{5'000}));
  EXPECT_FALSE(watch.take(cycle, two.in_a, Milliseconds{5'100}));
  EXPECT_EQ(watch.next(), Milliseconds{7'100});
  EXPECT_FALSE(watch.take({}, two.in_a, Milliseconds{60'000}));
  EXPECT_EQ(watch.next(), Milliseconds{62'000});
}

}  // namespace
}  // namespace holdfast
