// What a launcher knows of its test by itself.
#include "attempt/grant.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attempt/started.hpp"
#include "base/names.hpp"
#include "base/process_name.hpp"
#include "base/text.hpp"
#include "journal/records.hpp"
#include "journal/scratch_directory.hpp"
#include "os/child_process.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/packet_socket.hpp"
#include "os/signal/signals.hpp"
#include "settings/wire.hpp"

namespace holdfast::supervision {
namespace {

namespace fs = std::filesystem;

// The build tree that a command of `holdfast run` is in, which is told that directory.
LockHome home_of(const fs::path& directory) {
  Started started({"--", "t"});
  Invocation invocation = started.invocation();
  invocation.line.tree = directory.string();
  return complete({}, invocation, {1, 2}).home;
}

TEST(EnclosingTree, IsTheNearestAboveWithAFileOfThisUser) {
  const ScratchDirectory directory;
  const fs::path outer = fs::canonical(directory.path());
  // These tests may run in a build tree themselves.
  EXPECT_EQ(home_of(outer).tree, home_of(outer.parent_path()).tree);
  directory.write(".holdfast/project", "shop\n/source\n");
  directory.write("inner/deep/file", "");
  EXPECT_EQ(home_of(outer).tree, outer.string());
  EXPECT_EQ(home_of(outer / "inner/deep").tree, outer.string());
  EXPECT_EQ(home_of(outer / "inner/deep").project, "shop");
  directory.write("inner/.holdfast/project", "bakery\n");
  EXPECT_EQ(home_of(outer / "inner/deep").project, "bakery");
  fs::remove(outer / "inner/.holdfast/project");
  fs::create_directory(outer / "inner/.holdfast/project");
  EXPECT_EQ(home_of(outer / "inner/deep").project, "shop") << "a directory says nothing";
}

// Anybody can leave one in /tmp.
TEST(EnclosingTree, IsNoneOfAnotherUsersMaking) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const ScratchDirectory directory;
  const fs::path file = directory.write(".holdfast/project", "shop\n");
  const std::string around = home_of(directory.path().parent_path()).tree;
  ASSERT_NE(home_of(directory.path()).tree, around);
  ASSERT_EQ(::chown(file.c_str(), 54321, 54321), 0);
  EXPECT_EQ(home_of(directory.path()).tree, around);
  // The whole tree is that user's.
  ASSERT_EQ(::chown((directory.path() / ".holdfast").c_str(), 54321, 54321), 0);
  ASSERT_EQ(::chown(directory.path().c_str(), 54321, 54321), 0);
  EXPECT_EQ(home_of(directory.path()).tree, around);
}

TEST(ATestForANode, IsOneThatNeedsNothingOfThisMachine) {
  using Change = std::function<void(TestAtHand&)>;
  const auto is_for_node = [](const Change& change) {
    Started started({"--test=t", "/bin/t"}, {k_attached});
    TestAtHand test{
        started.invocation(), {{}, std::move(*os::SignalQueue::open()), {}}, {}, {}, {}};
    test.grant.policy.engine.kind = Engine::slurm;
    change(test);
    return test.is_for_node();
  };
  EXPECT_TRUE(is_for_node([](TestAtHand&) {}));
  const Change stays_here[] = {
      [](TestAtHand& test) { test.grant.policy.engine.kind = Engine::local; },
      [](TestAtHand& test) { test.invocation.attach.reset(); },
      [](TestAtHand& test) { test.grant.shared_tmp = "/b/.holdfast/tmp"; },
      [](TestAtHand& test) { test.grant.shares_network = true; },
      [](TestAtHand& test) { test.invocation.limits.kept = Milliseconds{1000}; },
  };
  for (const Change& change : stays_here) {
    EXPECT_FALSE(is_for_node(change)) << (&change - stays_here);
  }
}

// A launcher and the keeper of its run, which is another process of this test.
class GrantOfAKeeper : public testing::Test {
 protected:
  void SetUp() override {
    const Result<os::UniqueFd> user = os::open_user_directory();
    ASSERT_TRUE(user);
    ASSERT_TRUE(os::open_below(*user, std::string(names::k_user_keepers_directory), 0700));
    socket_ = keeper_socket_path(os::user_directory_path(), attach_.ctest, attach_.pid_namespace);
    os::Listening listening = os::listen_at(socket_);
    ASSERT_TRUE(listening.socket.valid()) << to_text(listening.error);
    listener_ = std::move(listening.socket);
    RunStarted started{1, "r", "/t"};
    started.ctest = attach_.ctest;
    journal_ = tree_
                   .write(".holdfast/runs/1-20261120-084054-" + std::to_string(attach_.ctest.pid) +
                              "/journal.jsonl",
                          line_of(started))
                   .string();
  }
  void TearDown() override {
    (void)::unlink(socket_.c_str());
    (void)::unlink(keeperless_flag(socket_).c_str());
  }

  // Has the keeper give this answer; none: it is killed when it is asked.
  void keeper_answers(const std::optional<wire::Message>& answer) {
    keeper_.emplace([this, answer] {
      (void)os::readable(listener_.get());
      Result<os::UniqueFd> link = os::accept_from(listener_);
      if (!link) return 1;
      (void)os::readable(link->get());
      const os::ReceivedMessage asked = os::receive_message(link->get());
      if (!asked.message) return 2;
      asked_.say(asked.message->kind);
      if (!answer) return 0;
      if (!os::send_message(link->get(), *answer)) return 3;
      (void)os::readable(link->get());
      const os::ReceivedMessage next = os::receive_message(link->get());
      asked_.say(next.message ? text_of({next.message->kind, " ", next.message->get("scratch")})
                              : std::string("nothing"));
      return 0;
    });
    listener_.reset();
  }
  // What a launcher with these options has then.
  TestAtHand sought(std::vector<std::string> options = {}) {
    options.insert(options.end(), {"--test:w0rd:.=t", "/bin/t"});
    started_.emplace(std::move(options),
                     std::vector<std::string>{k_attached, "HOLDFAST_P_TIMEOUT=3"});
    TestAtHand test{
        started_->invocation(), {{}, std::move(*os::SignalQueue::open()), {}}, {}, {}, {}};
    test.invocation.attach = attach_;
    seek_grant(test);
    return test;
  }

  const ScratchDirectory tree_;
  Attach attach_{{::getpid(), 4242}, 77, 1, "shop", tree_.path().string()};
  std::string socket_;
  std::string journal_;
  os::UniqueFd listener_;
  os::Channel asked_;
  std::optional<os::Child> keeper_;
  std::optional<Started> started_;
};

wire::AttemptGrant granted() {
  wire::AttemptGrant grant;
  grant.run = "r";
  grant.attempt = "r.1";
  grant.journal = "/b/journal.jsonl";
  grant.scratch = "/b/scratch/1";
  grant.policy.timeout = Milliseconds{9000};
  grant.policy.grace = Milliseconds{7000};
  return grant;
}

TEST_F(GrantOfAKeeper, IsTakenAsItIsButForWhatTheLauncherWasTold) {
  keeper_answers(wire::to_message(granted()));
  TestAtHand test = sought({"--grace=2"});
  EXPECT_EQ(asked_.hear(), wire::k_request);
  EXPECT_TRUE(test.held.keeper.connected());
  EXPECT_EQ(test.grant.refusal, "");
  EXPECT_EQ(test.grant.identity.attempt, "r.1");
  EXPECT_EQ(test.grant.identity.journal, "/b/journal.jsonl");
  EXPECT_EQ(test.grant.identity.test, "t");
  EXPECT_EQ(test.grant.scratch, "/b/scratch/1");
  EXPECT_EQ(test.grant.policy.timeout, Milliseconds{9000}) << "and not that of its properties";
  EXPECT_EQ(test.grant.policy.grace, Milliseconds{2000});
  EXPECT_EQ(test.grant.home.tree, attach_.tree);
}

TEST_F(GrantOfAKeeper, ThatIsARefusalIsRecordedInItsRun) {
  wire::AttemptGrant refusal = granted();
  refusal.attempt.clear();
  refusal.refusal = "its settings are wrong";
  keeper_answers(wire::to_message(refusal));
  TestAtHand test = sought();
  EXPECT_EQ(test.grant.refusal, "its settings are wrong");
  EXPECT_EQ(test.grant.identity.journal, journal_);
  EXPECT_NE(test.grant.identity.attempt, "");
  EXPECT_FALSE(test.held.keeper.connected());
  EXPECT_EQ(asked_.hear(), wire::k_request);
  EXPECT_EQ(asked_.hear(), "farewell 1") << "nothing has run, so its directory can be lent";
}

// The test has its own properties then, and the run that the keeper has begun.
TEST_F(GrantOfAKeeper, WhoIsKilledIsAsIfItWereNot) {
  keeper_answers(std::nullopt);
  testing::internal::CaptureStderr();
  TestAtHand test = sought();
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("holdfast: no keeper ("), std::string::npos) << said;
  EXPECT_EQ(said.find("nothing is recorded"), std::string::npos) << said;
  EXPECT_FALSE(test.held.keeper.connected());
  EXPECT_EQ(test.grant.refusal, "");
  EXPECT_EQ(test.grant.policy.timeout, Milliseconds{3000});
  EXPECT_EQ(test.grant.identity.journal, journal_);
  EXPECT_EQ(test.grant.journal, journal_);
  // ctest's log would not tell verdicts from what tests print.
  std::ifstream file(journal_);
  const std::string records(std::istreambuf_iterator<char>(file), {});
  EXPECT_NE(records.find("w0rd"), std::string::npos) << records;
  // Every later test finds the same, and says nothing.
  testing::internal::CaptureStderr();
  EXPECT_EQ(sought().grant.identity.journal, journal_);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace holdfast::supervision
