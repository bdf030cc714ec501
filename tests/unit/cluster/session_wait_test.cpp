// One attempt that waits for its lock: what it watches, what it is told, and what ends the wait.
#include <gtest/gtest.h>

#include <optional>

#include "cluster/session_with_etcd.hpp"

namespace holdfast::etcd {
namespace {

// From the revision that was read on, it would see again what it knows.
TEST_F(LockSessionTest, AWatchBeginsBehindWhatWasRead) {
  const std::string key = "holdfast/locks/db/top/other";
  add_other(key, other());
  ask();
  ASSERT_TRUE(go_on_until([&] { return !server_.calls_of(k_watch).empty(); }));
  const json watched = server_.calls_of(k_watch)[0].body["create_request"];
  EXPECT_EQ(watched, json({{"key", to_base64(key)}, {"start_revision", "21"}}));
}

// etcd ends one without a reason when its node is about to end.
TEST_F(LockSessionTest, AWatchThatEtcdEndsIsBegunAnew) {
  add_other("holdfast/locks/db/top/other", other());
  server_.obey([&](const Call& call) -> std::optional<Answer> {
    if (call.path != k_watch || server_.calls_of(k_watch).size() > 1) return usual(call);
    return Answer{200, "{\"result\":{\"canceled\":true}}\n", true};
  });
  ask();
  EXPECT_TRUE(go_on_until([&] { return server_.calls_of(k_watch).size() > 1; }));
}

TEST_F(LockSessionTest, AQuestionIsAnsweredThoughEtcdDoesNotAnswerInTime) {
  add_other("holdfast/locks/db/top/other", other());
  ask();
  ASSERT_TRUE(go_on_until([&] { return !server_.calls_of(k_watch).empty(); }));
  server_.obey([](const Call&) { return std::nullopt; });
  say(wire::Message(cluster::k_waiting));
  const wire::Message told = hear();
  EXPECT_EQ(told.kind, cluster::k_waiting);
  EXPECT_TRUE(told.get("why").starts_with("db@cluster is held by \"other\"")) << told.get("why");
}

TEST_F(LockSessionTest, ALockOfAnotherSizeIsRefusedWithWhoHasIt) {
  ClusterParty party = other();
  party.mode = LockMode::counted;
  party.size = 3;
  add_other("holdfast/locks/db/top/other", party);
  begin();
  ask_for("db:1/4@cluster");
  const wire::Message refused = hear();
  EXPECT_EQ(refused.kind, cluster::k_refused);
  EXPECT_TRUE(refused.get("why").starts_with("it has another size: \"other\""));
  EXPECT_TRUE(refused.get("why").ends_with(" has or wants 1/3")) << refused.get("why");
}

TEST_F(LockSessionTest, ARefusalForGoodEndsTheWait) {
  server_.obey([](const Call&) {
    return Answer{403, R"({"message":"etcdserver: permission denied","code":7})"};
  });
  ask();
  const wire::Message refused = hear();
  EXPECT_EQ(refused.kind, cluster::k_refused);
  EXPECT_EQ(refused.get("why"), "etcd refuses: etcdserver: permission denied");
  EXPECT_TRUE(session_->is_over());
}

TEST_F(LockSessionTest, AQueueThatIsNotUnderstoodEndsTheWait) {
  server_.obey([&](const Call& call) {
    return call.path == k_txn || call.path == k_range ? Answer{200, "{}"} : usual(call);
  });
  ask();
  const wire::Message refused = hear();
  EXPECT_EQ(refused.kind, cluster::k_refused);
  EXPECT_EQ(refused.get("why"), "etcd's answer is not understood");
}

TEST_F(LockSessionTest, WhatItWaitsForIsSaidBeforeThereIsAQueue) {
  bool is_away = false;
  server_.obey([&](const Call&) {
    return is_away ? std::optional(Answer{503, "{}"}) : std::nullopt;
  });
  ask();
  ASSERT_TRUE(go_on_until([&] { return calls_of(k_grant) == 1; }));
  EXPECT_EQ(why_waits(), "etcd has not answered yet");
  is_away = true;
  ASSERT_TRUE(go_on_until([&] { return calls_of(k_grant) == 2; })) << "it is not asked again";
  EXPECT_TRUE(why_waits().starts_with("etcd cannot be asked: it answers like no etcd"));
}

TEST_F(LockSessionTest, AWaitIsToldFromTheQueueAsItIsThen) {
  add_other("holdfast/locks/db/top/1", other());
  ask();
  ASSERT_TRUE(go_on_until([&] { return calls_of(k_watch) == 1; }));
  EXPECT_EQ(why_waits().find("before us"), std::string::npos);
  add_other("holdfast/locks/db/top/2", other());
  EXPECT_NE(why_waits().find("; 1 before us"), std::string::npos);
}

TEST_F(LockSessionTest, WhoWaitsForNothingIsToldNothing) {
  ask();
  EXPECT_EQ(hear().kind, ClusterAcquired::k_kind);
  say(wire::Message(cluster::k_waiting));
  ask_for("web@cluster");
  EXPECT_EQ(hear().kind, ClusterAcquired::k_kind);
}

TEST_F(LockSessionTest, AWaiterWhoseKeyIsGoneGetsAnotherPlace) {
  add_other("holdfast/locks/db/top/other", other());
  ask();
  ASSERT_TRUE(go_on_until([&] { return calls_of(k_watch) == 1; }));
  remove_own();
  say(wire::Message(cluster::k_waiting));  // so it looks
  ASSERT_TRUE(go_on_until([&] { return values().size() == 2; }));
  EXPECT_EQ(calls_of(k_grant), 2U);
  EXPECT_FALSE(session_->is_over());
}

// A proxy may keep the lines of a watch back.
TEST_F(LockSessionTest, AWaiterLooksForItselfAtEachRenewal) {
  add_other("holdfast/locks/db/top/other", other());
  ttl_ = "1";
  ask();
  ASSERT_TRUE(go_on_until([&] { return calls_of(k_watch) == 1; }));
  remove_others();
  EXPECT_EQ(hear().kind, ClusterAcquired::k_kind);
}

TEST_F(LockSessionTest, AWatchIsBegunAnewWhenAnotherCallFailed) {
  add_other("holdfast/locks/db/top/other", other());
  server_.obey([&](const Call& call) {
    return call.path == k_authenticate ? Answer{503, "{}"} : usual(call);
  });
  ask();
  ASSERT_TRUE(go_on_until([&] { return calls_of(k_watch) == 1; }));
  etcd_.call(k_authenticate, "{}", [](const EtcdReply&) {});
  EXPECT_TRUE(go_on_until([&] { return calls_of(k_watch) == 2; }));
}

TEST_F(LockSessionTest, AWatchThatIsRefusedIsBegunAnew) {
  add_other("holdfast/locks/db/top/other", other());
  server_.obey([&](const Call& call) {
    const bool is_first = call.path == k_watch && calls_of(k_watch) == 1;
    return is_first ? Answer{503, "{}"} : usual(call);
  });
  ask();
  EXPECT_TRUE(go_on_until([&] { return calls_of(k_watch) == 2; }));
}

}  // namespace
}  // namespace holdfast::etcd
