// Counted locks: K of N slots, which the head of the queue takes all at once.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <memory>
#include <optional>

#include "os/test_lock.hpp"

namespace holdfast::os {
namespace {

using Slots = std::vector<unsigned>;

std::unique_ptr<LockRequest> taken(const TestLock& lock, const std::string& spec,
                                   const LockLevel& level = {}) {
  auto request = std::make_unique<LockRequest>(lock.request(spec, level));
  EXPECT_TRUE(takes(*request)) << spec;
  return request;
}

TEST(LockSlots, TheSmallestFreeAreGiven) {
  const TestLock lock;
  auto a = taken(lock, "gpu:1/4");
  auto b = taken(lock, "gpu:2/4");
  EXPECT_EQ(a->slots(), Slots{0});
  EXPECT_EQ(b->slots(), (Slots{1, 2}));
  a.reset();
  auto c = taken(lock, "gpu:2/4");
  EXPECT_EQ(c->slots(), (Slots{0, 3}));
  LockRequest late = lock.request("gpu:1/4");
  EXPECT_FALSE(takes(late));
}

TEST(LockSlots, AnotherSizeIsRefusedWhileTheLockIsInUseAndOnlyThen) {
  TestLock lock;
  const Result<LockSpec> other = parse_lock_spec("gpu:1/2");
  std::optional<LockRequest> holder(lock.request("gpu:1/4"));
  ASSERT_TRUE(takes(*holder));
  holder->sign(party_named("the holder"));
  const Result<LockRequest> refused = LockRequest::open(*other, lock.home());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("in use now with size 4; expected 2"), std::string::npos)
      << refused.error().message;
  EXPECT_NE(refused.error().message.find("\"the holder\""), std::string::npos);
  holder.reset();
  EXPECT_EQ(taken(lock, "gpu:1/2")->slots(), Slots{0});
}

TEST(LockSlots, AWaiterGetsTheSlotThatComesFreeWhicheverItIs) {
  const TestLock lock;
  for (unsigned freed : {0U, 1U, 2U}) {
    std::vector<std::unique_ptr<Holder>> holders;
    for (int i = 0; i < 3; ++i) holders.push_back(std::make_unique<Holder>(lock, "gpu:1/3"));
    LockRequest waiter = lock.request("gpu:1/3");
    ASSERT_FALSE(takes(waiter));
    ASSERT_TRUE(waiter.start_waiting());
    holders[freed]->let_go();
    ASSERT_TRUE(readable(waiter.ready_fd()));
    ASSERT_TRUE(*waiter.finish_waiting());
    EXPECT_EQ(waiter.slots(), Slots{freed});
    for (unsigned i = 0; i < 3; ++i) {
      if (i != freed) holders[i]->let_go();
    }
  }
}

TEST(LockSlots, TheHeadCollectsItsSlotsAndNobodyTakesThemFromIt) {
  const TestLock lock;
  Holder a(lock, "gpu:1/2");
  Holder b(lock, "gpu:1/2");
  LockRequest both = lock.request("gpu:2/2");
  ASSERT_FALSE(takes(both));
  ASSERT_TRUE(both.start_waiting());
  a.let_go();
  LockRequest late = lock.request("gpu:1/2");
  EXPECT_FALSE(takes(late)) << "one slot is free, and not for who comes later";
  EXPECT_FALSE(readable(both.ready_fd(), Milliseconds{20}));
  b.let_go();
  ASSERT_TRUE(readable(both.ready_fd()));
  ASSERT_TRUE(*both.finish_waiting());
  EXPECT_EQ(both.slots(), (Slots{0, 1}));
}

TEST(LockSlots, AKilledHolderFreesExactlyItsSlots) {
  const TestLock lock;
  auto a = taken(lock, "gpu:1/4");
  Channel told;
  Child victim([&] {
    LockRequest request = lock.request("gpu:2/4");
    if (!takes(request)) return 1;
    told.say("has it");
    ::pause();
    return 0;
  });
  ASSERT_EQ(told.hear(), "has it");
  auto c = taken(lock, "gpu:1/4");
  EXPECT_EQ(c->slots(), Slots{3});
  victim.signal(SIGKILL);
  EXPECT_EQ(victim.wait(), 1000 + SIGKILL);
  EXPECT_EQ(taken(lock, "gpu:2/4")->slots(), (Slots{1, 2}));
}

TEST(LockSlots, AKilledWaiterLeavesWhatItHadCollected) {
  const TestLock lock;
  Holder held(lock, "gpu:1/2");
  Channel told;
  Child waiter([&] {
    LockRequest request = lock.request("gpu:2/2");
    if (takes(request) || !request.start_waiting()) return 1;
    told.say("waits");
    (void)readable(request.ready_fd());
    return 0;
  });
  ASSERT_EQ(told.hear(), "waits");
  waiter.signal(SIGKILL);
  EXPECT_EQ(waiter.wait(), 1000 + SIGKILL);
  LockRequest next = lock.request("gpu:1/2");
  const bool at_once = takes(next);
  EXPECT_TRUE(at_once || waits_and_has(next));
  EXPECT_EQ(next.slots(), Slots{1});
  held.let_go();
}

TEST(LockSlots, AScriptMayTakeOneByFlock) {
  const TestLock lock;
  taken(lock, "gpu:2/2").reset();
  const UniqueFd script(::open((lock.directory() + "/gpu/slot.0").c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::flock(script.get(), LOCK_EX | LOCK_NB), 0);
  EXPECT_EQ(taken(lock, "gpu:1/2")->slots(), Slots{1});
}

TEST(LockSlots, BelowAHolderThereAreItsSlots) {
  const TestLock lock;
  const LockLevel level{"r.1", {1, 3}};
  auto one = taken(lock, "gpu:1/4", level);
  EXPECT_EQ(one->slots(), Slots{1});
  EXPECT_EQ(taken(lock, "gpu:1/4", level)->slots(), Slots{3});
  EXPECT_EQ(taken(lock, "gpu:1/4")->slots(), Slots{0}) << "the top is another matter";
}

TEST(LockSlots, AWaitForManySlotsNeedsNoMoreDescriptorsThanTheHardLimit) {
  const TestLock lock;
  Holder most(lock, "gpu:150/300");
  Channel told;
  Channel waits;
  Child child([&] {
    const rlimit low{210, 4096};
    ::setrlimit(RLIMIT_NOFILE, &low);
    LockRequest rest = lock.request("gpu:151/300");
    if (takes(rest)) return 1;
    if (!rest.start_waiting()) return 2;
    waits.say("waits");
    if (!readable(rest.ready_fd()) || !*rest.finish_waiting()) return 3;
    return rest.slots().size() == 151 ? 0 : 4;
  });
  EXPECT_EQ(waits.hear(), "waits");
  most.let_go();
  EXPECT_EQ(child.wait(), 0);
}

// A holder that has it exclusively says no size.
TEST(LockSlots, WhoWaitsForAnotherSizeIsNamedToo) {
  TestLock lock;
  LockRequest holder = lock.request("gpu");
  ASSERT_TRUE(takes(holder));
  holder.sign(party_named("the holder"));
  LockRequest waiter = lock.request("gpu:1/4");
  ASSERT_FALSE(takes(waiter));
  waiter.sign_waiting(party_named("the waiter"));
  const Result<LockRequest> refused = LockRequest::open(*parse_lock_spec("gpu:1/2"), lock.home());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "use it: it is in use now with size 4; expected 2 (by \"the waiter\", pid " +
                std::to_string(::getpid()) + ", tree /tree)");
}

}  // namespace
}  // namespace holdfast::os
