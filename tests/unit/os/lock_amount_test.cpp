// Locks with an amount: a part of a whole, which the head of the queue takes as it becomes free.
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <optional>

#include "os/memory/free_memory.hpp"
#include "os/test_lock.hpp"
#include "values/lock_spec.hpp"

namespace holdfast::os {
namespace {

TEST(LockAmount, AsMuchIsGivenAsTheWholeHas) {
  const TestLock lock;
  LockRequest a = lock.request("vram:8GiB/24GiB");
  LockRequest b = lock.request("vram:8GiB/24GiB");
  LockRequest c = lock.request("vram:8GiB/24GiB");
  LockRequest d = lock.request("vram:1KiB/24GiB");
  EXPECT_TRUE(takes(a));
  EXPECT_TRUE(takes(b));
  EXPECT_TRUE(takes(c)) << "the three are the whole";
  EXPECT_FALSE(takes(d));
}

TEST(LockAmount, WhatIsFreeInSeveralPiecesIsEnough) {
  const TestLock lock;
  LockRequest a = lock.request("vram:2GiB/6GiB");
  std::optional<LockRequest> freed(lock.request("vram:1GiB/6GiB"));
  LockRequest c = lock.request("vram:2GiB/6GiB");
  ASSERT_TRUE(takes(a) && takes(*freed) && takes(c));
  freed.reset();
  LockRequest both_ends = lock.request("vram:2GiB/6GiB");
  EXPECT_TRUE(takes(both_ends));
  LockRequest late = lock.request("vram:1KiB/6GiB");
  EXPECT_FALSE(takes(late));
}

TEST(LockAmount, ARefusedRequestKeepsNothing) {
  const TestLock lock;
  Holder holder(lock, "vram:4GiB/6GiB");
  {
    LockRequest large = lock.request("vram:3GiB/6GiB");
    ASSERT_FALSE(takes(large));
  }
  LockRequest small = lock.request("vram:2GiB/6GiB");
  EXPECT_TRUE(takes(small));
  holder.let_go();
}

TEST(LockAmount, TheHeadCollectsItsPartAndNobodyTakesItFromIt) {
  const TestLock lock;
  Holder a(lock, "vram:2GiB/4GiB");
  Holder b(lock, "vram:2GiB/4GiB");
  LockRequest large = lock.request("vram:3GiB/4GiB");
  ASSERT_FALSE(takes(large));
  ASSERT_TRUE(large.start_waiting());
  a.let_go();
  LockRequest late = lock.request("vram:1GiB/4GiB");
  EXPECT_FALSE(takes(late)) << "what is free is not for who comes later";
  EXPECT_FALSE(readable(large.ready_fd(), Milliseconds{20}));
  b.let_go();
  ASSERT_TRUE(readable(large.ready_fd()));
  ASSERT_TRUE(*large.finish_waiting());
  // The large one has 3 GiB and no more, though all 4 came free while it waited.
  ASSERT_TRUE(late.start_waiting());
  ASSERT_TRUE(readable(late.ready_fd()));
  EXPECT_TRUE(*late.finish_waiting());
}

TEST(LockAmount, AWaiterGetsThePartThatComesFreeWhicheverItIs) {
  const TestLock lock;
  for (std::size_t freed : {0U, 1U, 2U}) {
    std::vector<std::unique_ptr<Holder>> holders;
    for (int i = 0; i < 3; ++i) holders.push_back(std::make_unique<Holder>(lock, "vram:1GiB/3GiB"));
    LockRequest waiter = lock.request("vram:1GiB/3GiB");
    ASSERT_FALSE(takes(waiter));
    ASSERT_TRUE(waiter.start_waiting());
    holders[freed]->let_go();
    ASSERT_TRUE(readable(waiter.ready_fd()));
    ASSERT_TRUE(*waiter.finish_waiting());
    for (std::size_t i = 0; i < 3; ++i) {
      if (i != freed) holders[i]->let_go();
    }
  }
}

TEST(LockAmount, AKilledHolderFreesItsPart) {
  const TestLock lock;
  Channel told;
  const Channel orders;
  Child holder([&] {
    LockRequest request = lock.request("vram:3GiB/4GiB");
    told.say(takes(request) ? "has it" : "has not");
    return readable(orders.read_fd(), Milliseconds{60'000}) ? 0 : 1;
  });
  ASSERT_EQ(told.hear(), "has it");
  LockRequest waiter = lock.request("vram:2GiB/4GiB");
  ASSERT_FALSE(takes(waiter));
  ASSERT_TRUE(waiter.start_waiting());
  holder.signal(SIGKILL);
  ASSERT_TRUE(readable(waiter.ready_fd()));
  EXPECT_TRUE(*waiter.finish_waiting());
}

TEST(LockAmount, AKilledHeadLeavesWhatItHadCollected) {
  const TestLock lock;
  Holder a(lock, "vram:2GiB/4GiB");
  Holder b(lock, "vram:2GiB/4GiB");
  Channel told;
  Child head([&] {
    LockRequest request = lock.request("vram:4GiB/4GiB");
    if (takes(request) || !request.start_waiting()) return 1;
    told.say("waits");
    return readable(request.ready_fd()) ? 2 : 3;
  });
  ASSERT_EQ(told.hear(), "waits");
  a.let_go();
  head.signal(SIGKILL);
  EXPECT_EQ(head.wait(), 1000 + SIGKILL);
  LockRequest next = lock.request("vram:2GiB/4GiB");
  const bool at_once = takes(next);
  EXPECT_TRUE(at_once || waits_and_has(next));
  b.let_go();
}

TEST(LockAmount, ExclusiveExcludesEveryPart) {
  const TestLock lock;
  std::optional<LockRequest> part(lock.request("vram:1GiB/4GiB"));
  ASSERT_TRUE(takes(*part));
  LockRequest all = lock.request("vram");
  EXPECT_FALSE(takes(all));
}

TEST(LockAmount, AnotherWholeIsRefusedWhileTheLockIsInUseAndOnlyThen) {
  TestLock lock;
  std::optional<LockRequest> holder(lock.request("vram:1GiB/4GiB"));
  ASSERT_TRUE(takes(*holder));
  holder->sign(party_named("the holder"));
  const struct {
    const char* spec;
    const char* expected;
  } rows[] = {{"vram:1GiB/8GiB", "in use now with size 4GiB; expected 8GiB"},
              {"vram:1GiB/2GiB", "in use now with size 4GiB; expected 2GiB"},
              {"vram:1/4", "in use now with size 4GiB; expected 4"}};
  for (const auto& row : rows) {
    const Result<LockRequest> refused = LockRequest::open(*parse_lock_spec(row.spec), lock.home());
    ASSERT_FALSE(refused) << row.spec;
    EXPECT_NE(refused.error().message.find(row.expected), std::string::npos)
        << refused.error().message;
    EXPECT_NE(refused.error().message.find("\"the holder\""), std::string::npos);
  }
  holder.reset();
  LockRequest other = lock.request("vram:1GiB/8GiB");
  EXPECT_TRUE(takes(other));
}

TEST(LockAmount, AWholeThatNobodyHasSaidIsTheMachinesMemory) {
  const TestLock lock;
  LockRequest holder = lock.request("memory:1KiB@project");
  ASSERT_TRUE(takes(holder));
  const Result<LockRequest> refused =
      LockRequest::open(*parse_lock_spec("memory:1KiB/4GiB@project"), lock.home());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("with size the machine's memory; expected 4GiB"),
            std::string::npos)
      << refused.error().message;
}

TEST(LockAmount, ARecordGivesThePartAndTheWhole) {
  const TestLock lock;
  LockRequest holder = lock.request("vram:1536MiB/4GiB");
  ASSERT_TRUE(takes(holder));
  holder.sign(party_named("the holder"));
  const LockRequest other = lock.request("vram:1GiB/4GiB");
  const std::vector<LockParty> holders = other.holders();
  ASSERT_EQ(holders.size(), 1U);
  EXPECT_EQ(how_of(holders[0]), "1536MiB/4GiB");
}

TEST(LockAmount, WhoWantsMoreThanTheMachineHasHasAllOfIt) {
  const TestLock lock;
  const std::uint64_t all = total_memory_kb().value();
  const std::string spec = "memory:" + size_text(2 * all) + "@project";
  LockRequest holder = lock.request(spec);
  EXPECT_EQ(holder.spec().units, all);
  ASSERT_TRUE(takes(holder));
  LockRequest other = lock.request("memory:1KiB@project");
  EXPECT_FALSE(takes(other));
}

TEST(LockAmount, BelowAnAttemptItsPartIsTheWhole) {
  const TestLock lock;
  const LockLevel level{.attempt = "outer", .slots = {}, .amount = std::uint64_t{3} << 20U};
  LockRequest a = lock.request("vram:2GiB/24GiB", level);
  LockRequest b = lock.request("vram:2GiB/24GiB", level);
  LockRequest c = lock.request("vram:1GiB/24GiB", level);
  EXPECT_TRUE(takes(a));
  EXPECT_FALSE(takes(b));
  { const LockRequest gone = std::move(b); }
  EXPECT_TRUE(takes(c));
}

}  // namespace
}  // namespace holdfast::os
