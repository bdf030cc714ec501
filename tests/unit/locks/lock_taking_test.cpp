// How the waits for locks end, on this machine and with holdfast-etcd. Each attempt is a process of
// its own, because it blocks its signals.
#include "locks/lock_taking.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/cluster_wire.hpp"
#include "os/lock/shared_lease.hpp"
#include "os/process/packet_socket.hpp"
#include "os/test_lock.hpp"
#include "run/fake_supervisors.hpp"

namespace holdfast::supervision {
namespace {

using namespace std::chrono_literals;

// What an attempt says when its locks are taken or not: `had 1`, or how the wait ended and why.
std::string said_of(const TakenLocks& taken) {
  if (taken.end == TakenLocks::End::acquired) {
    std::string fences;
    for (const ClusterLocks::Held& one : taken.cluster.held()) {
      fences += " fence " + one.fence;
      if (!one.slots.empty()) fences += " slots " + to_text(one.slots);
    }
    return "had " + std::to_string(taken.held.size()) + fences;
  }
  const char* const ends[] = {"had", "not in time", "refused", "interrupted", "lost"};
  return std::string(ends[static_cast<std::size_t>(taken.end)]) + " " +
         std::to_string(taken.signal) + ": " + taken.trouble;
}

class LockTaking : public testing::Test {
 protected:
  // An attempt that wants the lock, with ctest as its parent, which tells when its limit is over.
  // `specs`: with blanks between them. `link`: the connection with the keeper; -1: there is none.
  os::Child attempt(const std::string& specs, Milliseconds timeout = Milliseconds{0}, int door = -1,
                    int link = -1) {
    return os::Child([this, specs, timeout, door, link] {
      Result<Surroundings> around = look_around({}, os::take_signals());
      if (!around) return 1;
      around->parent_tells = true;
      if (parent_.valid()) around->parent = std::move(parent_);
      Grant grant;
      grant.home = lock_.home();
      grant.identity.test = "t";
      grant.identity.attempt = "r.1";
      grant.identity.launcher = os::own_name();
      for (const std::string_view spec : TextParts{specs, ' '}) {
        grant.policy.locks.push_back(*parse_lock_spec(spec));
      }
      grant.policy.lock_timeout = timeout;
      HeldLocks above("");
      KeeperLink keeper{os::UniqueFd(link)};
      Teller teller(link < 0 ? nullptr : &keeper, link < 0 ? Loudness::quiet : Loudness::normal);
      told_.say("begins");
      told_.say(said_of(take_locks(grant, above, *around, keeper, door, teller)));
      if (stays_until_ != nullptr) (void)stays_until_->hear();
      return 0;
    });
  }

  // Whether somebody has the lock now. Its file is there, because somebody has had it.
  bool is_locked(const std::string& name) const {
    const os::UniqueFd script(::open(lock_.file(name).c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_TRUE(script.valid()) << name;
    return ::flock(script.get(), LOCK_EX | LOCK_NB) != 0;
  }

  os::TestLock lock_;
  os::Channel told_;
  os::UniqueFd parent_;                 // of the next attempt, in the place of ctest
  os::Channel* stays_until_ = nullptr;  // the next attempt ends when it hears from there
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

// What the launcher of an attempt says about who it is, and which memory holdfast-etcd writes to.
TEST_F(LockTakingFromEtcd, TheFirstWordsSayWhoWantsTheLock) {
  os::Child waiter = attempt("db:2/4@cluster", 0ms, theirs_.get());
  ASSERT_TRUE(os::readable(door_.get()));
  const os::UniqueFd connection = os::receive_message(door_.get()).descriptor;
  os::ReceivedMessage first = os::receive_message(connection.get());
  ASSERT_TRUE(first.message);
  const Result<ClusterBegin> begin = wire::read<ClusterBegin>(*first.message);
  ASSERT_TRUE(begin);
  EXPECT_EQ(begin->party.pid, waiter.pid());
  EXPECT_EQ(begin->party.boot, os::numbering_id());
  EXPECT_EQ(begin->party.test, "t");
  EXPECT_EQ(begin->party.tree, lock_.home().tree);
  EXPECT_EQ(begin->party.attempt, "r.1");
  EXPECT_EQ(begin->grace, k_default_grace);
  EXPECT_TRUE(os::SharedLease::of(std::move(first.descriptor)));
  const Result<wire::Message> second = os::receive_message(connection.get()).message;
  ASSERT_TRUE(second);
  const Result<ClusterAsk> ask = wire::read<ClusterAsk>(*second);
  ASSERT_TRUE(ask);
  EXPECT_EQ(to_text(ask->lock), "db:2/4@cluster");
  EXPECT_EQ(ask->level, LockLevel());
  EXPECT_EQ(told_.hear(), "begins");
  EXPECT_TRUE(os::send_message(connection.get(), wire::to_message(ClusterAcquired{7, {0, 3}})));
  EXPECT_EQ(told_.hear(), "had 0 fence 7 slots 0,3");
  EXPECT_EQ(waiter.wait(), 0);
}

TEST_F(LockTakingFromEtcd, WhatAClientSaidBeforeItEndedIsTheReason) {
  ASSERT_TRUE(os::send_packet(door_.get(), "no such certificate\n"));
  door_.reset();
  os::Child waiter = attempt("db@cluster", 0ms, theirs_.get());
  EXPECT_EQ(told_.hear(), "begins");
  EXPECT_EQ(told_.hear(),
            "refused 0: lock db@cluster: holdfast-etcd does not start: no such certificate");
  EXPECT_EQ(waiter.wait(), 0);
}

TEST_F(LockTakingFromEtcd, AClientThatEndsWithALockHasLostIt) {
  os::Child waiter = attempt("a@cluster db@cluster", 0ms, theirs_.get());
  os::UniqueFd connection = asked();
  EXPECT_EQ(told_.hear(), "begins");
  EXPECT_TRUE(os::send_message(connection.get(), wire::to_message(ClusterAcquired{7, {}})));
  const Result<wire::Message> second = os::receive_message(connection.get()).message;
  ASSERT_TRUE(second && second->kind == ClusterAsk::k_kind) << "on the same connection";
  connection.reset();
  const std::string said = told_.hear();
  EXPECT_TRUE(
      said.starts_with("lost 0: lost its lock a@cluster while waiting for lock db@cluster: "))
      << said;
  EXPECT_EQ(waiter.wait(), 0);
}

TEST_F(LockTakingFromEtcd, WhatAClientSaysOfAWaitIsTold) {
  auto link = os::packet_pair();
  ASSERT_TRUE(link);
  os::Child waiter = attempt("db@cluster", 0ms, theirs_.get(), link->second.get());
  const os::UniqueFd connection = asked();
  EXPECT_EQ(told_.hear(), "begins");
  const Result<wire::Message> question = os::receive_message(connection.get()).message;
  ASSERT_TRUE(question);
  EXPECT_EQ(question->kind, cluster::k_waiting);
  EXPECT_TRUE(os::send_message(connection.get(),
                               wire::Message(cluster::k_waiting, {{"why", "db@cluster is held"}})));
  std::optional<wire::AttemptWait> wait;
  std::string line;
  bool is_entrusted = false;
  while (!wait || line.empty()) {
    ASSERT_TRUE(os::readable(link->first.get()));
    const os::ReceivedMessage got = os::receive_message(link->first.get());
    ASSERT_TRUE(got.message);
    if (got.message->kind == wire::k_hold) is_entrusted = got.descriptor.valid();
    if (got.message->kind == wire::AttemptWait::k_kind) {
      const auto one = wire::read<wire::AttemptWait>(*got.message);
      if (one && !one->why.empty()) wait = *one;
    } else if (got.message->kind == wire::Line::k_kind) {
      const auto one = wire::read<wire::Line>(*got.message);
      if (one) line = one->text;
    }
  }
  EXPECT_TRUE(is_entrusted) << "the keeper keeps the connection, too";
  EXPECT_EQ(wait->what, wire::WaitFor::lock);
  EXPECT_EQ(wait->names, "db@cluster");
  EXPECT_EQ(wait->why, "db@cluster is held");
  EXPECT_NE(line.find("db@cluster is held"), std::string::npos) << line;
  waiter.signal(SIGINT);
  EXPECT_TRUE(told_.hear().starts_with("interrupted 2: "));
  EXPECT_EQ(waiter.wait(), 0);
}

TEST_F(LockTaking, WhoDoesNotGetAllLocksLetsGoOfThoseThatItHas) {
  const os::Holder holder(lock_);
  os::Channel orders;
  stays_until_ = &orders;
  os::Child waiter = attempt("a db", 300ms);
  EXPECT_EQ(told_.hear(), "begins");
  EXPECT_TRUE(told_.hear().starts_with("not in time 0: "));
  EXPECT_FALSE(is_locked("a")) << "its launcher lives on";
  orders.say("end");
  EXPECT_EQ(waiter.wait(), 0);
}

TEST_F(LockTaking, TheKeeperKeepsWhatTheAttemptHas) {
  auto link = os::packet_pair();
  ASSERT_TRUE(link);
  os::Child launcher = attempt("db", 0ms, -1, link->second.get());
  EXPECT_EQ(told_.hear(), "begins");
  EXPECT_EQ(told_.hear(), "had 1");
  EXPECT_EQ(launcher.wait(), 0);
  link->second.reset();
  std::vector<os::UniqueFd> kept;
  while (true) {
    os::ReceivedMessage got = os::receive_message(link->first.get());
    if (!got.message || got.is_over) break;
    EXPECT_EQ(got.message->kind, wire::k_hold);
    EXPECT_TRUE(got.descriptor.valid());
    kept.push_back(std::move(got.descriptor));
  }
  EXPECT_FALSE(kept.empty());
  EXPECT_TRUE(lock_.file_is_locked());
  kept.clear();
  EXPECT_FALSE(lock_.file_is_locked());
}

TEST_F(LockTaking, AWaitEndsWithCtest) {
  const os::Holder holder(lock_);
  os::Child ctest([] { return ::pause(); });
  parent_ = std::move(*os::watch_process(process_of(ctest)));
  os::Child waiter = attempt("db");
  EXPECT_EQ(told_.hear(), "begins");
  ctest.signal(SIGKILL);
  EXPECT_EQ(told_.hear(), "interrupted 0: ctest ended while waiting for lock db@project");
  EXPECT_EQ(waiter.wait(), 0);
}

TEST_F(LockTaking, PortsAreLocksThatComeLastAndOnlyToWhoHasTheOthers) {
  Surroundings around{{}, std::move(*os::SignalQueue::open()), {}};
  Grant grant;
  grant.home = lock_.home();
  grant.policy.locks = {*parse_lock_spec("db")};
  grant.policy.ports = 2;
  HeldLocks above("");
  KeeperLink keeper;
  Teller teller(nullptr, Loudness::quiet);
  const TakenLocks taken = take_locks(grant, above, around, keeper, -1, teller);
  ASSERT_EQ(taken.end, TakenLocks::End::acquired) << taken.trouble;
  ASSERT_EQ(taken.held.size(), 3U);
  EXPECT_EQ(taken.held[0].spec().name, "db");
  EXPECT_NE(port_in_text(taken.held[1].spec()), port_in_text(taken.held[2].spec()));
  grant.policy.locks = {*parse_lock_spec("other@cluster")};
  const TakenLocks none = take_locks(grant, above, around, keeper, -1, teller);
  EXPECT_EQ(none.end, TakenLocks::End::refused);
  EXPECT_TRUE(none.held.empty());
}

}  // namespace
}  // namespace holdfast::supervision
