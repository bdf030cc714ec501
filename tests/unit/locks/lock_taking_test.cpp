// How the waits for locks end, on this machine and with holdfast-etcd. Each attempt is a process of
// its own, because it blocks its signals.
#include "locks/lock_taking.hpp"

#include <gtest/gtest.h>

#include "cluster/cluster_wire.hpp"
#include "os/process/packet_socket.hpp"
#include "os/test_lock.hpp"

namespace holdfast::supervision {
namespace {

using namespace std::chrono_literals;

// What an attempt says when its locks are taken or not: `had 1`, or how the wait ended and why.
std::string said_of(const TakenLocks& taken) {
  if (taken.end == TakenLocks::End::acquired) {
    std::string fences;
    for (const ClusterLocks::Held& one : taken.cluster.held()) fences += " fence " + one.fence;
    return "had " + std::to_string(taken.held.size()) + fences;
  }
  const char* const ends[] = {"had", "not in time", "refused", "interrupted", "lost"};
  return std::string(ends[static_cast<std::size_t>(taken.end)]) + " " +
         std::to_string(taken.signal) + ": " + taken.trouble;
}

class LockTaking : public testing::Test {
 protected:
  // An attempt that wants the lock, with ctest as its parent, which tells when its limit is over.
  os::Child attempt(const std::string& spec, Milliseconds timeout = Milliseconds{0},
                    int door = -1) {
    return os::Child([this, spec, timeout, door] {
      Result<Surroundings> around = look_around({}, os::take_signals());
      if (!around) return 1;
      around->parent_tells = true;
      Grant grant;
      grant.home = lock_.home();
      grant.identity.test = "t";
      grant.identity.launcher = os::own_name();
      grant.policy.locks = {*parse_lock_spec(spec)};
      grant.policy.lock_timeout = timeout;
      HeldLocks above("");
      KeeperLink keeper;
      Teller teller(nullptr, Loudness::quiet);
      told_.say("begins");
      told_.say(said_of(take_locks(grant, above, *around, keeper, door, teller)));
      return 0;
    });
  }

  os::TestLock lock_;
  os::Channel told_;
};

TEST_F(LockTaking, AWaitEndsWhenTheLockIsFree) {
  os::Holder holder(lock_);
  os::Child waiter = attempt("db");
  EXPECT_EQ(told_.hear(), "begins");
  EXPECT_EQ(told_.hear(300ms), "<silence>");
  // ctest's limit is for the test, which has not begun.
  waiter.signal(SIGUSR1);
  EXPECT_EQ(told_.hear(300ms), "<silence>");
  holder.let_go();
  EXPECT_EQ(told_.hear(), "had 1");
  EXPECT_EQ(waiter.wait(), 0);
}

TEST_F(LockTaking, AWaitIsGivenUpAtItsLimit) {
  const os::Holder holder(lock_);
  os::Child waiter = attempt("db", 300ms);
  EXPECT_EQ(told_.hear(), "begins");
  const std::string said = told_.hear();
  EXPECT_TRUE(said.starts_with("not in time 0: gave up waiting for lock db@project after "))
      << said;
  EXPECT_EQ(waiter.wait(), 0);
}

TEST_F(LockTaking, AWaitIsInterrupted) {
  const os::Holder holder(lock_);
  os::Child waiter = attempt("db");
  EXPECT_EQ(told_.hear(), "begins");
  EXPECT_EQ(told_.hear(300ms), "<silence>");
  waiter.signal(SIGINT);
  EXPECT_EQ(told_.hear(), "interrupted 2: interrupted while waiting for lock db@project");
  EXPECT_EQ(waiter.wait(), 0);
}

// Outside of a build tree, the scopes of a tree are the user's.
TEST_F(LockTaking, TwoThatAreOneLockHereMustAgree) {
  Surroundings around{{}, std::move(*os::SignalQueue::open()), {}};
  Grant grant;
  grant.policy.locks = {*parse_lock_spec("gpu:1/2@build"), *parse_lock_spec("gpu:1/4@user")};
  HeldLocks above("");
  KeeperLink keeper;
  Teller teller(nullptr, Loudness::quiet);
  const TakenLocks taken = take_locks(grant, above, around, keeper, -1, teller);
  EXPECT_EQ(taken.end, TakenLocks::End::refused);
  EXPECT_NE(taken.trouble, "");
}

TEST_F(LockTaking, NobodyWaitsForALockOverMachinesThatNobodyCouldAskFor) {
  os::Child waiter = attempt("db@cluster");
  EXPECT_EQ(told_.hear(), "begins");
  EXPECT_EQ(told_.hear(),
            "refused 0: lock db@cluster: there is no keeper that could start holdfast-etcd");
  EXPECT_EQ(waiter.wait(), 0);
}

// This process is in the place of the keeper and of holdfast-etcd.
class LockTakingFromEtcd : public LockTaking {
 protected:
  void SetUp() override {
    auto ends = os::packet_pair();
    ASSERT_TRUE(ends);
    door_ = std::move(ends->first);
    theirs_ = std::move(ends->second);
  }

  // The connection of an attempt that has said who it is and which lock it wants.
  os::UniqueFd asked() const {
    if (!os::readable(door_.get())) return {};
    os::UniqueFd connection = os::receive_message(door_.get()).descriptor;
    for (const std::string_view kind : {ClusterBegin::k_kind, ClusterAsk::k_kind}) {
      const Result<wire::Message> message = os::receive_message(connection.get()).message;
      EXPECT_TRUE(message && message->kind == kind) << kind;
    }
    return connection;
  }

  os::UniqueFd door_;
  os::UniqueFd theirs_;
};

TEST_F(LockTakingFromEtcd, AWaitEndsWithTheAnswer) {
  os::Child waiter = attempt("db@cluster", 0ms, theirs_.get());
  const os::UniqueFd connection = asked();
  EXPECT_EQ(told_.hear(), "begins");
  waiter.signal(SIGUSR1);
  EXPECT_EQ(told_.hear(300ms), "<silence>");
  EXPECT_TRUE(os::send_message(connection.get(), wire::to_message(ClusterAcquired{7, {}})));
  EXPECT_EQ(told_.hear(), "had 0 fence 7");
  EXPECT_EQ(waiter.wait(), 0);
}

TEST_F(LockTakingFromEtcd, WhatIsNoAnswerIsPassedOverAndWhatIsNotUnderstoodIsRefused) {
  os::Child waiter = attempt("db@cluster", 0ms, theirs_.get());
  const os::UniqueFd connection = asked();
  EXPECT_EQ(told_.hear(), "begins");
  EXPECT_TRUE(os::send_message(connection.get(), wire::Message(ClusterIsHeld::k_kind)));
  const wire::Message odd(ClusterAcquired::k_kind, {{"fence", "x"}});
  EXPECT_TRUE(os::send_message(connection.get(), odd));
  const std::string said = told_.hear();
  EXPECT_TRUE(said.starts_with("refused 0: lock db@cluster: ")) << said;
  EXPECT_EQ(waiter.wait(), 0);
}

TEST_F(LockTakingFromEtcd, AClientThatEndedWithoutAWordIsNotWaitedFor) {
  door_.reset();
  os::Child waiter = attempt("db@cluster", 0ms, theirs_.get());
  EXPECT_EQ(told_.hear(), "begins");
  EXPECT_EQ(told_.hear(),
            "refused 0: lock db@cluster: holdfast-etcd, which asks for it, has ended");
  EXPECT_EQ(waiter.wait(), 0);
}

TEST_F(LockTakingFromEtcd, AnotherClientIsAskedWhereOneEnds) {
  os::Child waiter = attempt("db@cluster", 0ms, theirs_.get());
  EXPECT_EQ(told_.hear(), "begins");
  asked().reset();
  const os::UniqueFd connection = asked();
  const wire::Message refused(cluster::k_refused, {{"why", "no"}});
  EXPECT_TRUE(os::send_message(connection.get(), refused));
  EXPECT_EQ(told_.hear(), "refused 0: lock db@cluster: no");
  EXPECT_EQ(waiter.wait(), 0);
}

TEST_F(LockTakingFromEtcd, AClientThatDoesNotStartIsNotAskedForEver) {
  os::Child waiter = attempt("db@cluster", 0ms, theirs_.get());
  EXPECT_EQ(told_.hear(), "begins");
  for (int i = 0; i < 3; ++i) asked().reset();
  EXPECT_EQ(told_.hear(), "refused 0: lock db@cluster: holdfast-etcd, which asks for it, ended");
  EXPECT_EQ(waiter.wait(), 0);
}

TEST_F(LockTakingFromEtcd, AWaitIsGivenUpOrInterrupted) {
  os::Child late = attempt("db@cluster", 300ms, theirs_.get());
  const os::UniqueFd first = asked();
  EXPECT_EQ(told_.hear(), "begins");
  const std::string said = told_.hear();
  EXPECT_TRUE(said.starts_with("not in time 0: gave up waiting for lock db@cluster after "))
      << said;
  EXPECT_EQ(late.wait(), 0);
  os::Child waiter = attempt("db@cluster", 0ms, theirs_.get());
  const os::UniqueFd second = asked();
  EXPECT_EQ(told_.hear(), "begins");
  waiter.signal(SIGTERM);
  EXPECT_EQ(told_.hear(), "interrupted 15: interrupted while waiting for lock db@cluster");
  EXPECT_EQ(waiter.wait(), 0);
}

}  // namespace
}  // namespace holdfast::supervision
