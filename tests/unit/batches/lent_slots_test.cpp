#include "batches/side_by_side.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <string>
#include <utility>

#include "os/file/clock.hpp"
#include "os/process/packet_socket.hpp"
#include "settings/wire.hpp"

namespace holdfast::exec {
namespace {

// A batch with two slots of its own, and the test as its keeper.
class LentSlotsTest : public ::testing::Test {
 protected:
  LentSlotsTest() {
    auto pair = os::packet_pair();
    EXPECT_TRUE(pair);
    keeper_ = std::move(pair->first);
    for_batch_ = std::move(pair->second);
    plan_.keeper = for_batch_.get();
    plan_.policy.processors = 2;
  }

  static bool has_news(const os::UniqueFd& socket) {
    pollfd news{socket.get(), POLLIN, 0};
    return ::poll(&news, 1, 0) == 1;
  }

  // Takes the connection on which slots are lent.
  void connect() {
    ASSERT_TRUE(has_news(keeper_));
    auto received = os::receive_with_descriptor(keeper_.get());
    ASSERT_TRUE(received);
    link_ = std::move(received->descriptor);
    ASSERT_TRUE(link_.valid());
  }

  // `back wanted`; empty: the batch has said nothing.
  std::string said() {
    if (!has_news(link_)) return {};
    const auto packet = os::receive_packet(link_.get());
    if (!packet || packet->empty()) return "gone";
    const Result<wire::Slots> slots = wire::read<wire::Slots>(*wire::decode(*packet));
    return std::to_string(slots->back) + " " + std::to_string(slots->wanted);
  }

  void lend(const std::string& count) {
    wire::Message message{wire::Slots::k_kind, {{"lent", count}}};
    ASSERT_TRUE(os::send_packet(link_.get(), wire::encode(message)));
  }

  os::UniqueFd keeper_;
  os::UniqueFd for_batch_;
  os::UniqueFd link_;
  supervision::AttemptPlan plan_;
};

TEST_F(LentSlotsTest, ABatchThatHasRoomForItsCasesAsksForNothing) {
  LentSlots slots(plan_);
  EXPECT_EQ(slots.most(0), 2U);
  slots.tell(2, 0);
  EXPECT_FALSE(has_news(keeper_));
}

TEST_F(LentSlotsTest, ALoanGoesBackWhenItsCaseEndsAndIsAskedForAnew) {
  LentSlots slots(plan_);
  slots.tell(slots.most(0), 5);
  connect();
  EXPECT_EQ(said(), "0 5");
  lend("1");
  EXPECT_EQ(slots.most(2), 3U);
  slots.tell(3, 4);
  EXPECT_EQ(said(), "") << "what it wants is known";
  EXPECT_EQ(slots.most(2), 2U) << "one case has ended";
  slots.tell(2, 4);
  EXPECT_EQ(said(), "1 4");
}

TEST_F(LentSlotsTest, AReservedSlotIsUsedFirst) {
  LentSlots slots(plan_);
  slots.tell(slots.most(0), 5);
  connect();
  (void)said();
  lend("2");
  EXPECT_EQ(slots.most(2), 4U);
  slots.tell(4, 3);
  EXPECT_EQ(slots.most(1), 2U) << "three cases have ended, and no loan is left";
  slots.tell(2, 2);
  EXPECT_EQ(said(), "2 2");
}

TEST_F(LentSlotsTest, WhatNoCaseNeedsGoesBackAtOnce) {
  LentSlots slots(plan_);
  slots.tell(slots.most(0), 2);
  connect();
  (void)said();
  lend("2");
  EXPECT_EQ(slots.most(2), 4U);
  slots.tell(3, 0);
  EXPECT_EQ(said(), "1 0");
  slots.rest();
  EXPECT_EQ(said(), "1 0");
}

TEST_F(LentSlotsTest, WithoutTheKeeperItHasItsOwnSlots) {
  LentSlots slots(plan_);
  slots.tell(slots.most(0), 5);
  connect();
  lend("1");
  link_.reset();
  EXPECT_EQ(slots.most(2), 2U) << "the loan is not used any more";
  slots.tell(2, 5);
  EXPECT_EQ(slots.most(1), 2U);
}

TEST_F(LentSlotsTest, AKeeperThatLendsNothingClosesTheConnectionAndIsAskedOnce) {
  LentSlots slots(plan_);
  slots.tell(slots.most(0), 5);
  connect();
  link_.reset();
  slots.tell(slots.most(2), 4);
  slots.tell(slots.most(2), 3);
  EXPECT_FALSE(has_news(keeper_));
}

TEST_F(LentSlotsTest, AKeeperThatIsGoneBeforeItIsAskedLendsNothing) {
  LentSlots slots(plan_);
  EXPECT_TRUE(slots.may_be_lent());
  keeper_.reset();
  slots.tell(slots.most(0), 5);
  EXPECT_FALSE(slots.may_be_lent());
  EXPECT_EQ(slots.most(2), 2U);
  plan_.keeper = -1;
  EXPECT_FALSE(LentSlots(plan_).may_be_lent());
}

TEST_F(LentSlotsTest, ABatchHasAtLeastOneSlot) {
  plan_.policy.processors = 0;
  EXPECT_EQ(LentSlots(plan_).most(0), 1U);
}

// The time of two loans counts twice, and only while their cases run.
TEST_F(LentSlotsTest, HowLongLoansWereUsedIsKnown) {
  constexpr std::int64_t k_run_us = 3000;
  const auto pass = [] {
    const std::int64_t since = os::monotonic_now_us();
    while (os::monotonic_now_us() < since + k_run_us) {
    }
    return os::monotonic_now_us() - since;
  };
  LentSlots slots(plan_);
  slots.tell(slots.most(0), 5);
  connect();
  lend("2");
  const std::int64_t begin = os::monotonic_now_us();
  EXPECT_EQ(slots.most(2), 4U);
  slots.tell(2, 2);
  (void)pass();
  (void)slots.most(2);
  EXPECT_EQ(slots.used_us(), 0) << "no case has begun in a loan";
  slots.tell(4, 0);
  (void)pass();
  slots.rest();
  const std::int64_t used = slots.used_us();
  EXPECT_GE(used, 2 * k_run_us);
  EXPECT_LE(used, 2 * (os::monotonic_now_us() - begin - k_run_us));
  (void)pass();
  slots.rest();
  EXPECT_EQ(slots.used_us(), used);
}

TEST_F(LentSlotsTest, NobodyAsksWhereCasesMayNotMeet) {
  plan_.policy.idle_slots = false;
  LentSlots off(plan_);
  off.tell(off.most(0), 5);
  plan_.policy.idle_slots = true;
  plan_.policy.locks = {{.name = "db", .mode = LockMode::shared}};
  EXPECT_TRUE(may_use_idle_slots(plan_.policy));
  plan_.policy.locks.push_back({.name = "gpu", .mode = LockMode::counted, .size = 2});
  LentSlots locked(plan_);
  locked.tell(locked.most(0), 5);
  plan_.policy.locks.clear();
  plan_.policy.ports = 1;
  EXPECT_FALSE(may_use_idle_slots(plan_.policy));
  plan_.policy.ports = 0;
  plan_.policy.services = {{"db", ServiceMode::shared}};
  EXPECT_TRUE(may_use_idle_slots(plan_.policy));
  plan_.policy.services.push_back({"web", ServiceMode::fresh});
  EXPECT_FALSE(may_use_idle_slots(plan_.policy));
  EXPECT_FALSE(has_news(keeper_));
}

}  // namespace
}  // namespace holdfast::exec
