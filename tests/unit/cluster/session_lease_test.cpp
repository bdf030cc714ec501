// The lease of one attempt: how long it is believed, how it is renewed, lost and given back.
#include <gtest/gtest.h>

#include <vector>

#include "cluster/session_with_etcd.hpp"

namespace holdfast::etcd {
namespace {

// etcd counts from the moment at which it was asked, or later.
TEST_F(LockSessionTest, ALeaseIsBelievedNoLongerThanFromWhenItWasAskedFor) {
  bool is_slow = true;
  server_.obey([&](const Call& call) {
    return is_slow && call.path == k_grant ? std::nullopt : usual(call);
  });
  ask();
  ASSERT_TRUE(go_on_until([&] { return !server_.calls_of(k_grant).empty(); }));
  const Milliseconds asked = os::time_since_boot();
  ASSERT_TRUE(go_on_until([&] { return os::time_since_boot() > asked + Milliseconds{5}; }));
  is_slow = false;
  EXPECT_EQ(hear().kind, ClusterAcquired::k_kind);
  EXPECT_LE(lease_->until_ms(), (asked + Milliseconds{60'000}).count());
  EXPECT_GT(lease_->until_ms(), asked.count());
}

TEST_F(LockSessionTest, ALeaseThatEtcdDoesNotKnowIsLost) {
  server_.obey([&](const Call& call) {
    if (call.path != k_keep_alive) return usual(call);
    return std::optional(
        Answer{404, R"({"message":"etcdserver: requested lease not found","code":5})"});
  });
  ttl_ = "1";
  ask();
  EXPECT_EQ(hear().kind, ClusterAcquired::k_kind);
  EXPECT_TRUE(go_on_until([&] { return session_->is_over(); }));
  EXPECT_EQ(lease_->until_ms(), cluster::k_lease_lost);
}

// Other locks of the attempt have the same lease, and its processes live a little longer.
TEST_F(LockSessionTest, WhoHasLostAKeyDoesNotGiveItsLeaseBack) {
  server_.obey([&](const Call& call) {
    const bool is_look = call.path == k_txn && call.body["success"].empty();
    return is_look ? Answer{200, R"({"header":{}})"} : usual(call);
  });
  ttl_ = "1";
  ask();
  EXPECT_EQ(hear().kind, ClusterAcquired::k_kind);
  ASSERT_TRUE(go_on_until([&] { return session_->is_over(); }));
  EXPECT_EQ(lease_->until_ms(), cluster::k_key_lost);
  EXPECT_TRUE(releases_.are_done());
}

TEST_F(LockSessionTest, ALeaseIsGivenBackOnce) {
  ask();
  EXPECT_EQ(hear().kind, ClusterAcquired::k_kind);
  far_.reset();
  ASSERT_TRUE(go_on_until([&] { return session_->is_over() && releases_.are_done(); }));
  ASSERT_EQ(server_.calls_of(k_revoke).size(), 1U);
  EXPECT_EQ(server_.calls_of(k_revoke)[0].body["ID"], "7");
}

TEST_F(LockSessionTest, ALeaseThatIsOverNeedNotBeGivenBackAgain) {
  server_.obey([](const Call&) { return Answer{404, R"({"message":"no lease","code":5})"}; });
  releases_.begin("8");
  ASSERT_TRUE(go_on_until([&] { return releases_.are_done(); }));
  EXPECT_EQ(server_.calls_of(k_revoke).size(), 1U);
}

TEST_F(LockSessionTest, ALeaseThatIsOverAtOnceIsNone) {
  ttl_ = "0";
  ask();
  EXPECT_EQ(hear().kind, cluster::k_refused);
}

TEST_F(LockSessionTest, TwoLocksHaveOneLeaseAndAreLookedForTogether) {
  ttl_ = "1";
  begin();
  ask_for("db@cluster");
  EXPECT_EQ(hear().kind, ClusterAcquired::k_kind);
  ask_for("web@cluster");
  EXPECT_EQ(hear().kind, ClusterAcquired::k_kind);
  EXPECT_EQ(calls_of(k_grant), 1U);
  ASSERT_TRUE(go_on_until([&] { return !looks().empty() && looks().back().size() == 2; }));
  const json keys = looks().back();
  EXPECT_EQ(keys[0]["key"], to_base64("holdfast/locks/db/top/7"));
  EXPECT_EQ(keys[1]["key"], to_base64("holdfast/locks/web/top/7"));
  EXPECT_EQ(keys[1]["create_revision"], "20");
}

TEST_F(LockSessionTest, ALeaseMustBeLongerThanTwiceTheGraceAndASecond) {
  begin(Milliseconds{29'001});
  ask_for("db@cluster");
  const wire::Message refused = hear();
  EXPECT_EQ(refused.kind, cluster::k_refused);
  EXPECT_TRUE(refused.get("why").starts_with("`ttl` of [cluster] is 1 min 0 s"))
      << refused.get("why");
  EXPECT_EQ(calls_of(k_grant), 0U);
}

TEST_F(LockSessionTest, ALeaseMayBeAsLongAsThat) {
  begin(Milliseconds{29'000});
  ask_for("db@cluster");
  EXPECT_EQ(hear().kind, ClusterAcquired::k_kind);
}

TEST_F(LockSessionTest, ARenewalThatIsRefusedForNowIsTriedAgain) {
  server_.obey([&](const Call& call) {
    const bool is_first = call.path == k_keep_alive && calls_of(k_keep_alive) == 1;
    return is_first ? Answer{503, "{}"} : usual(call);
  });
  ttl_ = "1";
  ask();
  EXPECT_EQ(hear().kind, ClusterAcquired::k_kind);
  EXPECT_TRUE(go_on_until([&] { return is_renewed(); }));
  EXPECT_FALSE(session_->is_over());
}

TEST_F(LockSessionTest, ALookForItsKeysThatIsRefusedForNowIsTriedAgain) {
  server_.obey([&](const Call& call) {
    return is_look(call) && looks().size() == 1 ? Answer{503, "{}"} : usual(call);
  });
  ttl_ = "1";
  ask();
  EXPECT_EQ(hear().kind, ClusterAcquired::k_kind);
  EXPECT_TRUE(go_on_until([&] { return is_renewed(); }));
  EXPECT_FALSE(session_->is_over());
}

TEST_F(LockSessionTest, AWaiterWhoseLeaseIsOverGetsAnotherPlace) {
  add_other("holdfast/locks/db/top/other", other());
  server_.obey([&](const Call& call) {
    const bool is_first = call.path == k_keep_alive && calls_of(k_keep_alive) == 1;
    return is_first ? Answer{404, R"({"message":"no lease","code":5})"} : usual(call);
  });
  ttl_ = "1";
  ask();
  ASSERT_TRUE(go_on_until([&] { return values().size() == 2; }));
  EXPECT_EQ(calls_of(k_grant), 2U);
  remove_others();
  EXPECT_EQ(hear().kind, ClusterAcquired::k_kind);
}

TEST_F(LockSessionTest, ALeaseThatIsNotTakenBackForNowIsGivenBackAgain) {
  server_.obey([&](const Call&) {
    return calls_of(k_revoke) == 1 ? Answer{503, "{}"} : Answer{200, R"({"header":{}})"};
  });
  releases_.begin("8");
  ASSERT_TRUE(go_on_until([&] { return releases_.are_done(); }));
  const std::vector<Call> calls = server_.calls_of(k_revoke);
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[1].body["ID"], "8");
}

}  // namespace
}  // namespace holdfast::etcd
