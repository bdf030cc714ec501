// What a test is told of its locks, and what becomes of them when it is over.
#include "locks/lock_need.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attempt/attempt_plan.hpp"
#include "base/environment.hpp"
#include "cluster/cluster_wire.hpp"
#include "os/lock/shared_lease.hpp"
#include "os/network/port_choice.hpp"
#include "os/process/packet_socket.hpp"
#include "os/test_lock.hpp"

namespace holdfast::supervision {
namespace {

using namespace std::chrono_literals;

class LockNeedTest : public testing::Test {
 protected:
  LockNeedTest() {
    test_.grant.home = lock_.home();
    test_.grant.identity.test = "t";
    test_.grant.identity.attempt = "r.1";
    test_.grant.identity.launcher = os::own_name();
    test_.invocation.line.loudness = Loudness::quiet;
  }

  // Takes these locks, which nobody else has.
  void acquire(const std::vector<std::string>& specs) {
    for (const std::string& spec : specs) {
      test_.grant.policy.locks.push_back(*parse_lock_spec(spec));
    }
    const std::optional<AttemptResult> why_not = need_.acquire(test_);
    EXPECT_FALSE(why_not) << why_not->note;
  }
  // What the test has in its environment of that name; none: nothing.
  std::optional<std::string> told(std::string_view name) {
    char* inherited[] = {nullptr};
    TestEnvironment environment(static_cast<char**>(inherited));
    AttemptPlan plan;
    need_.tell(test_, environment, plan);
    const std::string_view value = variable_in(environment.environ(), name, "<unset>");
    return value == "<unset>" ? std::nullopt : std::optional(std::string(value));
  }
  std::vector<int> kept() const {
    std::vector<int> descriptors;
    need_.add_descriptors(descriptors);
    return descriptors;
  }

  os::TestLock lock_;
  TestAtHand test_{{}, {{}, std::move(*os::SignalQueue::open()), {}}, {}, {}, {}};
  LockNeed need_;
};

TEST_F(LockNeedTest, WithoutALockThereIsNothingToTellOrToKeep) {
  acquire({});
  EXPECT_TRUE(kept().empty());
  for (const std::string_view name :
       {environment::k_held, environment::k_port, environment::k_ports}) {
    EXPECT_EQ(told(name), std::nullopt) << name;
  }
}

TEST_F(LockNeedTest, TheTestIsToldItsSlotsItsPortsAndWhatIsHeldAroundWhatItStarts) {
  test_.grant.policy.ports = 2;
  test_.invocation.held = "user/outer#q.1";
  acquire({"db", "gpu:2/4"});
  const std::string project = scope_directory(LockScope::project, lock_.home());
  EXPECT_EQ(told("HOLDFAST_SLOT_GPU"), "0,1");
  EXPECT_EQ(told("HOLDFAST_SLOT_DB"), std::nullopt);
  const std::optional<std::string> first = told(environment::k_port);
  const std::optional<std::string> both = told(environment::k_ports);
  ASSERT_TRUE(first && both);
  EXPECT_TRUE(both->starts_with(*first + ";")) << *both;
  EXPECT_NE(*both, *first + ";" + *first);
  const std::string held = told(environment::k_held).value_or("");
  EXPECT_TRUE(held.starts_with(project + "/db#r.1," + project + "/gpu:0+1/4#r.1,")) << held;
  EXPECT_NE(held.find("/port-" + *first + "#r.1"), std::string::npos) << held;
  EXPECT_TRUE(held.ends_with(",user/outer#q.1")) << held;
}

// A ctest on the same tree must know the run that it is part of.
TEST_F(LockNeedTest, OnlyATestOfCtestsIsInTheRunOfItsTree) {
  lock_.home().tree = "/b";
  test_.grant.home = lock_.home();
  acquire({"db"});
  const std::string run = run_place("/b") + "#r.1";
  EXPECT_EQ(told(environment::k_held)->find(run), std::string::npos);
  test_.invocation.attach.emplace();
  EXPECT_NE(told(environment::k_held)->find(run), std::string::npos);
}

TEST_F(LockNeedTest, ALockIsKeptByItsDescriptorsUntilItIsReleased) {
  acquire({"db"});
  EXPECT_FALSE(kept().empty());
  EXPECT_TRUE(lock_.file_is_locked());
  // Of a run inside the test whose launcher was killed.
  const std::string level = lock_.directory() + "/db/" + os::level_directory("r.1");
  { const os::LockRequest inner = lock_.request("db", {.attempt = "r.1"}); }
  AttemptResult result;
  need_.release(test_, result);
  EXPECT_TRUE(kept().empty());
  EXPECT_FALSE(lock_.file_is_locked());
  EXPECT_FALSE(std::filesystem::exists(level));
}

TEST_F(LockNeedTest, ALockWhoseFileWasRemovedIsTheResult) {
  acquire({"a", "db"});
  AttemptResult good;
  good.outcome = Outcome::passed;
  need_.judge(test_, good);
  EXPECT_EQ(good.outcome, Outcome::passed);
  EXPECT_EQ(good.note, "");
  std::filesystem::remove_all(lock_.directory() + "/db");
  AttemptResult lost;
  lost.observation.main.kind = ProcessEnd::Kind::exited;
  need_.judge(test_, lost);
  EXPECT_TRUE(lost.observation.lock_lost);
  EXPECT_EQ(lost.outcome, outcome_of(lost.observation));
  EXPECT_EQ(lost.note,
            "\"t\": the file of its lock db@project was removed while it had it: another may have "
            "had it at the same time");
}

TEST_F(LockNeedTest, WhyThereIsNoLockIsTheResultAndNothingIsKept) {
  test_.grant.policy.locks = {*parse_lock_spec("db"), *parse_lock_spec("other@cluster")};
  const std::optional<AttemptResult> refused = need_.acquire(test_);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->outcome, Outcome::internal_error);
  EXPECT_EQ(refused->note,
            "\"t\": lock other@cluster: there is no keeper that could start holdfast-etcd");
  EXPECT_TRUE(kept().empty());
  EXPECT_FALSE(lock_.file_is_locked());
}

// With a process in the place of holdfast-etcd, to which a command speaks.
class ClusterLockNeed : public LockNeedTest {
 protected:
  void SetUp() override {
    auto ends = os::packet_pair();
    ASSERT_TRUE(ends);
    test_.held.cluster = std::move(ends->first);
    const os::UniqueFd door = std::move(ends->second);
    etcd_.emplace([&] {
      const os::UniqueFd connection = os::receive_message(door.get()).descriptor;
      const os::ReceivedMessage first = os::receive_message(connection.get());
      const auto lease = os::SharedLease::of(os::UniqueFd(::dup(first.descriptor.get())));
      if (!lease) return 1;
      lease->set_until_ms((os::time_since_boot() + 60s).count());
      (void)os::receive_message(connection.get());
      (void)os::send_message(connection.get(), wire::to_message(ClusterAcquired{7, {2}}));
      const bool is_told = orders_.hear() == "end";
      lease->set_until_ms(cluster::k_lease_lost);
      return is_told ? 0 : 2;
    });
  }

  os::Channel orders_;
  std::optional<os::Child> etcd_;
};

TEST_F(ClusterLockNeed, TheTestHasItsFenceAndTheAttemptsInsideItThePassword) {
  ::setenv(environment::k_cluster_password.data(), "s3cr3t", 1);
  acquire({"db:1/4@cluster"});
  EXPECT_EQ(told("HOLDFAST_FENCE_DB"), "7");
  EXPECT_EQ(told("HOLDFAST_SLOT_DB"), "2");
  EXPECT_EQ(told(environment::k_cluster_password), "s3cr3t");
  EXPECT_EQ(told(environment::k_held), "cluster/db:2/4#r.1");
  EXPECT_EQ(kept().size(), 1U);
  EXPECT_GT(need_.time_left(), 10s);
  need_.let_go();
  EXPECT_EQ(told(environment::k_cluster_password), std::nullopt);
  EXPECT_TRUE(kept().empty());
  ::unsetenv(environment::k_cluster_password.data());
}

TEST_F(ClusterLockNeed, ALeaseThatIsLostBeforeTheTestBeginsIsTheResult) {
  acquire({"db:1/4@cluster"});
  EXPECT_FALSE(need_.confirm(test_));
  orders_.say("end");
  EXPECT_EQ(etcd_->wait(), 0);
  const std::optional<AttemptResult> lost = need_.confirm(test_);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->outcome, Outcome::lock_lost);
  EXPECT_TRUE(lost->note.starts_with("\"t\": lost its lock db:1/4@cluster before it began: "))
      << lost->note;
}

// A command waits until its leases are given back. With a lost lease there is none to give back.
TEST_F(ClusterLockNeed, TheEndIsWaitedForUnlessTheLeaseWasLost) {
  acquire({"db:1/4@cluster"});
  AttemptResult lost;
  lost.observation.end_reason = EndReason::lock_lost;
  need_.end(test_, lost);
  EXPECT_FALSE(os::is_hung_up(test_.held.cluster.get()));
  EXPECT_TRUE(os::send_message(test_.held.cluster.get(), wire::Message("more"))) << "it is open";
  lost = {};
  lost.observation.lock_lost = true;
  need_.end(test_, lost);
  EXPECT_TRUE(os::send_message(test_.held.cluster.get(), wire::Message("more")));
  orders_.say("end");
  need_.end(test_, AttemptResult());
  EXPECT_TRUE(os::is_hung_up(test_.held.cluster.get())) << "nobody has waited";
  EXPECT_FALSE(os::send_message(test_.held.cluster.get(), wire::Message("more")));
  EXPECT_EQ(etcd_->wait(), 0);
}

}  // namespace
}  // namespace holdfast::supervision
