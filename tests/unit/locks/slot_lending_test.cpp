#include "locks/slot_lending.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/packet_socket.hpp"
#include "run/fake_supervisors.hpp"
#include "settings/wire.hpp"

namespace holdfast {
namespace {

using namespace std::chrono_literals;

// One test runs, of a `ctest -j3`.
class SlotLendingTest : public testing::Test {
 protected:
  SlotLendingTest() {
    order_.ctest = process_of(ctest_);
    order_.tree = tree_.path();
    order_.directory = directory_.path();
    tests_[0].attempt = "r.1";
  }

  // The batch's end of its connection.
  os::UniqueFd borrow(SlotLending& slots, std::size_t test = 0) {
    auto ends = std::move(*os::packet_pair());
    slots.begin(std::move(ends.first), tests_[test], tests_);
    return std::move(ends.second);
  }

  static void want(const os::UniqueFd& batch, const std::string& count) {
    EXPECT_TRUE(
        os::send_message(batch.get(), wire::Message(wire::Slots::k_kind, {{"wanted", count}})));
  }

  // Empty: nothing was lent in that time.
  std::string lent_to(SlotLending& slots, const os::UniqueFd& batch,
                      Milliseconds patience = 20s) const {
    const Milliseconds until = os::monotonic_now() + patience;
    while (os::monotonic_now() < until) {
      slots.look(tests_);
      if (!os::wait_for(batch.get(), os::monotonic_now() + 5ms)) continue;
      const Result<wire::Message> lent = os::receive_message(batch.get()).message;
      return lent ? std::string(lent->get("lent")) : "hung up";
    }
    return {};
  }

  FakeSupervisors fakes_;
  os::Child ctest_ = fakes_.start("ctest", "script", 1, {"-j3"});
  os::Scratch tree_;
  os::Scratch directory_;
  KeeperOrder order_;
  std::vector<Connection> tests_ = std::vector<Connection>(1);
};

TEST_F(SlotLendingTest, LendsWhatNoTestHas) {
  // include(CTest) makes this file in every project.
  std::ofstream(tree_.path("DartConfiguration.tcl")) << "SourceDirectory: /s\nTestLoad: \n";
  SlotLending slots(order_);
  const os::UniqueFd batch = borrow(slots);
  EXPECT_FALSE(os::is_hung_up(batch.get()));
  ASSERT_TRUE(os::send_message(batch.get(), wire::Message(wire::Slots::k_kind, {{"wanted", "5"}})));
  EXPECT_TRUE(os::becomes_true([&] {
    slots.look(tests_);
    return os::is_readable(batch.get());
  }));
  const Result<wire::Message> lent = os::receive_message(batch.get()).message;
  ASSERT_TRUE(lent);
  EXPECT_EQ(lent->kind, wire::Slots::k_kind);
  EXPECT_EQ(lent->get("lent"), "2");
}

// ctest reads these files in its directory and in the build tree.
TEST_F(SlotLendingTest, LendsNothingWhereAFileOfCtestsLimitsTheLoad) {
  for (const std::string& directory : {tree_.path(), directory_.path()}) {
    for (const char* name : {"/CTestConfiguration.ini", "/DartConfiguration.tcl"}) {
      const std::string file = directory + name;
      std::ofstream(file) << "TestLoad: 4\n";
      SlotLending slots(order_);
      EXPECT_TRUE(os::is_hung_up(borrow(slots).get())) << file;
      std::filesystem::remove(file);
    }
  }
}

TEST_F(SlotLendingTest, TheSecondBatchGetsWhatTheFirstHasGivenBack) {
  tests_.resize(2);
  tests_[1].attempt = "r.2";
  SlotLending slots(order_);
  const os::UniqueFd first = borrow(slots);
  want(first, "5");
  EXPECT_EQ(lent_to(slots, first), "1");
  const os::UniqueFd second = borrow(slots, 1);
  want(second, "5");
  EXPECT_EQ(lent_to(slots, second, 100ms), "");
  ASSERT_TRUE(os::send_message(
      first.get(), wire::Message(wire::Slots::k_kind, {{"wanted", "0"}, {"back", "1"}})));
  EXPECT_EQ(lent_to(slots, second), "1");
}

TEST_F(SlotLendingTest, WhatATestHadThatIsOverComesBack) {
  tests_.resize(2);
  tests_[1].attempt = "r.2";
  SlotLending slots(order_);
  const os::UniqueFd first = borrow(slots);
  want(first, "5");
  EXPECT_EQ(lent_to(slots, first), "1");
  tests_[0].farewell = true;
  const os::UniqueFd second = borrow(slots, 1);
  EXPECT_TRUE(os::is_hung_up(first.get()));
  want(second, "5");
  // Its own slot rests for a moment, its loan does not.
  std::string lent = lent_to(slots, second);
  if (lent == "1") lent += lent_to(slots, second);
  EXPECT_TRUE(lent == "2" || lent == "11") << lent;
}

TEST_F(SlotLendingTest, ATestHasAsManySlotsAsItSaysAndOneThatRunsAloneHasAll) {
  tests_.resize(2);
  tests_[1].attempt = "r.2";
  tests_[1].processors = 2;
  SlotLending slots(order_);
  const os::UniqueFd batch = borrow(slots);
  want(batch, "1");
  EXPECT_EQ(lent_to(slots, batch, 100ms), "");
  tests_[1].processors = 1;
  tests_[1].serial = true;
  EXPECT_EQ(lent_to(slots, batch, 100ms), "");
  tests_[1].farewell = true;
  EXPECT_EQ(lent_to(slots, batch), "1");
}

TEST_F(SlotLendingTest, ALauncherThatBecameItsTestHasItsSlotsUntilItEnds) {
  os::Child bare([] { return ::pause(); });
  Connection test;
  test.launcher = process_of(bare);
  test.processors = 2;
  SlotLending slots(order_);
  slots.note_bare(test);
  const os::UniqueFd batch = borrow(slots);
  want(batch, "5");
  EXPECT_EQ(lent_to(slots, batch, 100ms), "");
  bare.signal(SIGKILL);
  (void)bare.wait();
  EXPECT_EQ(lent_to(slots, batch), "2");
}

TEST_F(SlotLendingTest, LendsNothingToWhoRunsAloneOrIsOverNorWhereTheTreeIsShared) {
  tests_[0].serial = true;
  SlotLending slots(order_);
  EXPECT_TRUE(os::is_hung_up(borrow(slots).get()));
  tests_[0].serial = false;
  tests_[0].farewell = true;
  EXPECT_TRUE(os::is_hung_up(borrow(slots).get()));
  tests_[0].farewell = false;
  EXPECT_FALSE(os::is_hung_up(borrow(slots).get()));
  order_.company = Company::possible;
  SlotLending in_company(order_);
  EXPECT_TRUE(os::is_hung_up(borrow(in_company).get()));
  order_.company = Company::none;
  order_.shares_tree = true;
  SlotLending sharing(order_);
  EXPECT_TRUE(os::is_hung_up(borrow(sharing).get()));
}

TEST_F(SlotLendingTest, ABatchThatSaysWhatIsNotUnderstoodOrReadsNothingIsLentNoMore) {
  SlotLending slots(order_);
  const os::UniqueFd odd = borrow(slots);
  want(odd, "many");
  slots.look(tests_);
  EXPECT_TRUE(os::is_hung_up(odd.get()));
  const os::UniqueFd deaf = borrow(slots);
  // Each loan comes back unread, until no more messages find room.
  EXPECT_TRUE(os::becomes_true([&] {
    (void)os::send_message(deaf.get(),
                           wire::Message(wire::Slots::k_kind, {{"wanted", "1"}, {"back", "1"}}));
    slots.look(tests_);
    return os::is_hung_up(deaf.get());
  }));
  const os::UniqueFd next = borrow(slots);
  want(next, "5");
  EXPECT_EQ(lent_to(slots, next), "2") << "theirs are back";
}

TEST_F(SlotLendingTest, AnotherAttemptOfTheTestDoesNotHaveTheLoansOfTheLast) {
  SlotLending slots(order_);
  const os::UniqueFd first = borrow(slots);
  want(first, "5");
  EXPECT_EQ(lent_to(slots, first), "2");
  tests_[0].attempt = "r.2";
  const os::UniqueFd second = borrow(slots);
  EXPECT_TRUE(os::is_hung_up(first.get()));
  want(second, "5");
  EXPECT_EQ(lent_to(slots, second), "2");
}

TEST_F(SlotLendingTest, ABareTestThatConnectsIsCountedOnce) {
  os::Child bare([] { return ::pause(); });
  tests_.resize(2);
  tests_[1].launcher = process_of(bare);
  SlotLending slots(order_);
  slots.note_bare(tests_[1]);
  const os::UniqueFd batch = borrow(slots);
  want(batch, "1");
  EXPECT_EQ(lent_to(slots, batch), "1") << "one slot is the bare test's";
  tests_[1].attempt = "r.2";
  want(batch, "1");
  EXPECT_EQ(lent_to(slots, batch, 100ms), "");
  tests_[1].farewell = true;
  EXPECT_EQ(lent_to(slots, batch), "1") << "nothing of it counts any more";
}

TEST_F(SlotLendingTest, ABareTestThatRunsAloneHasAllSlots) {
  os::Child bare([] { return ::pause(); });
  Connection test;
  test.launcher = process_of(bare);
  test.serial = true;
  SlotLending slots(order_);
  slots.note_bare(test);
  const os::UniqueFd batch = borrow(slots);
  want(batch, "5");
  EXPECT_EQ(lent_to(slots, batch, 100ms), "");
  bare.signal(SIGKILL);
  (void)bare.wait();
  EXPECT_EQ(lent_to(slots, batch), "2");
}

}  // namespace
}  // namespace holdfast
