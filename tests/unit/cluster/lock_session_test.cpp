// One attempt with locks of scope `cluster`, from its own words to what etcd is asked.
#include "cluster/lock_session.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>
#include <vector>

#include "cluster/session_with_etcd.hpp"

namespace holdfast::etcd {
namespace {

TEST_F(LockSessionTest, ItsKeySaysWhoItIs) {
  ask();
  EXPECT_EQ(hear().kind, ClusterAcquired::k_kind);
  const std::vector<Call> puts = server_.calls_of(k_txn);
  ASSERT_EQ(puts.size(), 1U);
  const std::string value = puts[0].body["success"][0]["request_put"]["value"];
  const json expected = {{"host", "here"},     {"user", "me"},       {"tree", "/tree"},
                         {"test", "t"},        {"pid", 9},           {"boot", "our boot"},
                         {"attempt", "1-x.1"}, {"mode", "exclusive"}};
  EXPECT_EQ(json::parse(from_base64(value).value_or("")), expected);
}

// Two machines may have attempts of one name.
TEST_F(LockSessionTest, AnAttemptOfAnotherMachineIsNotTheOneThatIsMeant) {
  begin();
  const auto is_held = [&] {
    say(wire::to_message(ClusterIsHeld{db(), "7-y.3", {}}));
    const wire::Message answer = hear();
    EXPECT_EQ(answer.kind, ClusterIsHeld::k_kind);
    return answer.get("yes") == "1";
  };
  EXPECT_FALSE(is_held());
  add_other("holdfast/locks/db/top/1", other());
  EXPECT_FALSE(is_held());
  ClusterParty ours = other();
  ours.boot = "our boot/pid:[7]";  // in another PID namespace of this machine
  add_other("holdfast/locks/db/top/2", ours);
  EXPECT_TRUE(is_held());
}

TEST_F(LockSessionTest, WhoHasNotSaidWhoItIsGetsNoLock) {
  say(wire::to_message(ClusterAsk{db(), {}}));
  EXPECT_EQ(hear().kind, cluster::k_refused);
  EXPECT_TRUE(session_->is_over());
}

TEST_F(LockSessionTest, WithoutMemoryForTheLeaseThereIsNoLock) {
  say(wire::to_message(ClusterBegin{other(), Milliseconds{100}}));
  EXPECT_EQ(hear().kind, cluster::k_refused);
}

TEST_F(LockSessionTest, WhatItDoesNotUnderstandItSays) {
  begin();
  say(wire::Message("later"));
  const wire::Message answer = hear();
  EXPECT_EQ(answer.kind, cluster::k_refused);
  EXPECT_TRUE(answer.get("why").ends_with("later")) << answer.get("why");
}

TEST_F(LockSessionTest, OneLockIsAskedForAfterTheOther) {
  server_.obey([](const Call&) { return std::nullopt; });
  ask();
  say(wire::to_message(ClusterAsk{db(), {}}));
  EXPECT_EQ(hear().kind, cluster::k_refused);
}

TEST_F(LockSessionTest, APartIsNotedInItsKeyBeforeItIsHad) {
  begin();
  ask_for("db:2/4@cluster");
  const Result<ClusterAcquired> had = wire::read<ClusterAcquired>(hear());
  ASSERT_TRUE(had);
  EXPECT_EQ(had->fence, 20);
  EXPECT_EQ(had->slots, (std::vector<unsigned>{0, 1}));
  ASSERT_EQ(values().size(), 2U);
  EXPECT_EQ(values()[0]["mode"], "2/4");
  EXPECT_FALSE(values()[0].contains("noted"));
  EXPECT_EQ(values()[1]["mode"], "2/4");
  EXPECT_EQ(values()[1]["noted"], true);
  EXPECT_EQ(values()[1]["slots"], json({0, 1}));
}

TEST_F(LockSessionTest, ANoteWhoseAnswerWasLostCounts) {
  server_.obey([&](const Call& call) -> std::optional<Answer> {
    const std::optional<Answer> answer = usual(call);
    return call.path == k_txn && values().size() == 2 ? Answer{503, "{}"} : answer;
  });
  begin();
  ask_for("db:1/4@cluster");
  const Result<ClusterAcquired> had = wire::read<ClusterAcquired>(hear());
  ASSERT_TRUE(had);
  EXPECT_EQ(had->slots, (std::vector<unsigned>{0}));
  EXPECT_EQ(values().size(), 2U) << "it is not noted once more";
}

TEST_F(LockSessionTest, ANoteThatCameTooLateIsMadeAgain) {
  server_.obey([&](const Call& call) -> std::optional<Answer> {
    if (call.path != k_txn || values().size() != 2) return usual(call);
    return Answer{200, R"({"header":{"revision":"20"}})"};
  });
  begin();
  ask_for("db:1/4@cluster");
  EXPECT_EQ(hear().kind, ClusterAcquired::k_kind);
  EXPECT_EQ(values().size(), 3U);
}

TEST_F(LockSessionTest, BelowAnAttemptThereIsWhatThatAttemptHas) {
  begin();
  ask_for("db:1/8@cluster", {"o.1", {5, 2}, 0});
  const Result<ClusterAcquired> had = wire::read<ClusterAcquired>(hear());
  ASSERT_TRUE(had);
  EXPECT_EQ(had->slots, (std::vector<unsigned>{2}));
  const json put = server_.calls_of(k_txn)[0].body["success"];
  EXPECT_EQ(put[0]["request_put"]["key"], to_base64("holdfast/locks/db/below-o.1/7"));
  EXPECT_EQ(put[1]["request_range"]["key"], to_base64("holdfast/locks/db/below-o.1/"));
}

TEST_F(LockSessionTest, WhatIsNoMessageIsRefused) {
  begin();
  EXPECT_EQ(::send(far_.get(), "x", 1, 0), 1);
  EXPECT_EQ(hear().kind, cluster::k_refused);
  EXPECT_TRUE(session_->is_over());
}

TEST_F(LockSessionTest, WhoDoesNotSayWhoItIsIsRefused) {
  EXPECT_TRUE(
      os::send_message(far_.get(), wire::Message(ClusterBegin::k_kind), {lease_->memory()}));
  EXPECT_EQ(hear().kind, cluster::k_refused);
}

TEST_F(LockSessionTest, WhoDoesNotSayWhichLockItWantsIsRefused) {
  begin();
  say(wire::Message(ClusterAsk::k_kind));
  EXPECT_EQ(hear().kind, cluster::k_refused);
  EXPECT_EQ(calls_of(k_grant), 0U);
}

TEST_F(LockSessionTest, WhoDoesNotSayWhichLockIsMeantIsRefused) {
  begin();
  say(wire::Message(ClusterIsHeld::k_kind));
  EXPECT_EQ(hear().kind, cluster::k_refused);
  EXPECT_EQ(calls_of(k_range), 0U);
}

TEST_F(LockSessionTest, AQuestionIsAskedAtTheLevelThatIsMeant) {
  begin();
  say(wire::to_message(ClusterIsHeld{db(), "7-y.3", "o.1"}));
  EXPECT_EQ(hear().kind, ClusterIsHeld::k_kind);
  ASSERT_EQ(calls_of(k_range), 1U);
  EXPECT_EQ(server_.calls_of(k_range)[0].body["key"], to_base64("holdfast/locks/db/below-o.1/"));
}

TEST_F(LockSessionTest, AQuestionThatEtcdRefusesForGoodIsRefused) {
  server_.obey([](const Call&) {
    return Answer{403, R"({"message":"etcdserver: permission denied","code":7})"};
  });
  begin();
  say(wire::to_message(ClusterIsHeld{db(), "7-y.3", {}}));
  EXPECT_EQ(hear().kind, cluster::k_refused);
  EXPECT_TRUE(session_->is_over());
}

TEST_F(LockSessionTest, AQuestionThatEtcdRefusedIsAskedAgain) {
  int refused = 0;
  server_.obey([&](const Call& call) -> std::optional<Answer> {
    if (refused++ == 0) return Answer{503, "{}"};
    return usual(call);
  });
  begin();
  say(wire::to_message(ClusterIsHeld{db(), "7-y.3", {}}));
  EXPECT_EQ(hear().kind, ClusterIsHeld::k_kind);
  EXPECT_EQ(server_.calls_of(k_range).size(), 2U);
}

}  // namespace
}  // namespace holdfast::etcd
