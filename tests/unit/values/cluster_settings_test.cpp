#include "values/cluster_settings.hpp"

#include <gtest/gtest.h>

#include "cluster/cluster_wire.hpp"
#include "cluster/lock_order.hpp"
#include "values/lock_spec.hpp"

namespace holdfast {
namespace {

TEST(ClusterSettings, AnEndpointIsAnAddressWithoutAnythingElse) {
  EXPECT_EQ(*parse_etcd_address("http://127.0.0.1:2379"), "http://127.0.0.1:2379");
  EXPECT_EQ(*parse_etcd_address("https://[::1]:2379/"), "https://[::1]:2379");
  EXPECT_EQ(*parse_etcd_address("https://[fe80::1%eth0]"), "https://[fe80::1%eth0]");
  EXPECT_EQ(*parse_etcd_address("http://proxy:80/etcd/"), "http://proxy:80/etcd");
  for (const char* bad : {"",
                          "127.0.0.1:2379",
                          "ftp://x",
                          "http://",
                          "http://:2379",
                          "http:///x",
                          "http://a b",
                          "http://x\n",
                          "http://u:secret@x",
                          "u:secret@x:1",
                          "HTTPS://u:secret@x",
                          "http://a?secret@x",
                          "http://x:99999",
                          "http://x:0",
                          "http://x:abc",
                          "http://x:",
                          "http://[::1",
                          "http://[]:1",
                          "http://%%",
                          "http://a:1:2",
                          "http://[::1]2"}) {
    const Result<std::string> parsed = parse_etcd_address(bad);
    ASSERT_FALSE(parsed) << bad;
    // A password is not repeated.
    EXPECT_EQ(to_text(parsed.error()).find("secret"), std::string::npos);
  }
}

TEST(ClusterSettings, TheVariableHasSeveralEndpointsAndWinsOverTheFile) {
  ClusterSettings file;
  file.endpoints = {"http://file:1"};
  EXPECT_EQ(with_environment(file, nullptr)->endpoints, file.endpoints);
  EXPECT_EQ(with_environment(file, "")->endpoints, file.endpoints);
  EXPECT_EQ(with_environment(file, " , ")->endpoints, file.endpoints);
  EXPECT_EQ(with_environment(file, "http://a:1,https://b:2 http://c:3")->endpoints,
            (std::vector<std::string>{"http://a:1", "https://b:2", "http://c:3"}));
  ClusterSettings said = file;
  said.endpoints_from = "a file";
  EXPECT_EQ(with_environment(said, "http://c:3")->endpoints_from, "HOLDFAST_CLUSTER_ENDPOINTS");
  EXPECT_EQ(with_environment(said, " , ")->endpoints_from, "a file");
  for (const char* secret :
       {"u:secret@a:1", "http://a:1,HTTPS://u:secret@b", "u:sec,ret@a", "u:a secret@a"}) {
    const Result<ClusterSettings> parsed = with_environment(file, secret);
    ASSERT_FALSE(parsed) << secret;
    EXPECT_EQ(to_text(parsed.error()).find("sec"), std::string::npos) << to_text(parsed.error());
  }
  const Result<ClusterSettings> bad = with_environment(file, "a:1");
  ASSERT_FALSE(bad);
  EXPECT_EQ(to_text(bad.error()).substr(0, 30), "HOLDFAST_CLUSTER_ENDPOINTS \"a:");
}

TEST(ClusterSettings, AMessageHasAllOfThem) {
  const ClusterSettings settings{
      {"http://a:1", "http://b:2"}, {}, Milliseconds{12'000}, "/ca", "/cert", "/key", "me"};
  const Result<ClusterSettings> read = wire::read_as<ClusterSettings>(
      cluster::k_settings, wire::written(cluster::k_settings, settings));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, settings);
}

TEST(ClusterParty, AMessageHasAllThatIsSaidOfIt) {
  ClusterParty party;
  party.host = "host9";
  party.user = "me";
  party.tree = "/b/debug";
  party.test = "server.start";
  party.pid = 4711;
  party.boot = "0f1e";
  party.attempt = "12-34.1";
  party.mode = LockMode::counted;
  party.units = 2;
  party.size = 4;
  party.has_noted = true;
  party.slots = {1, 3};
  party.revision = 99;
  party.key = "holdfast/locks/db/top/1";
  for (const ClusterParty& one : {party, ClusterParty{}}) {
    const Result<ClusterParty> read =
        wire::read_as<ClusterParty>(cluster::k_list, wire::written(cluster::k_list, one));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, one);
  }
}

TEST(ClusterMessages, ComeBackAndAreRefusedWithoutWhatKeepsTestsApart) {
  ClusterBegin begin;
  begin.party.test = "t";
  begin.party.pid = 7;
  begin.party.boot = "b";
  begin.party.attempt = "1.1";
  begin.grace = Milliseconds{1500};
  const Result<ClusterBegin> begun = wire::read<ClusterBegin>(wire::to_message(begin));
  ASSERT_TRUE(begun);
  EXPECT_EQ(begun->party, begin.party);
  EXPECT_EQ(begun->grace, begin.grace);
  const ClusterAsk ask{*parse_lock_spec("gpu:1/4@cluster"), {"1.1", {0, 2}, 0}};
  const Result<ClusterAsk> asked = wire::read<ClusterAsk>(wire::to_message(ask));
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->lock, ask.lock);
  EXPECT_EQ(asked->level, ask.level);
  const Result<ClusterAcquired> had =
      wire::read<ClusterAcquired>(wire::to_message(ClusterAcquired{42, {3, 1}}));
  ASSERT_TRUE(had);
  EXPECT_EQ(had->fence, 42);
  EXPECT_EQ(had->slots, (std::vector<unsigned>{3, 1}));
  const ClusterIsHeld question{ask.lock, "1.1", "0.1"};
  const Result<ClusterIsHeld> held = wire::read<ClusterIsHeld>(wire::to_message(question));
  ASSERT_TRUE(held);
  EXPECT_EQ(held->lock, question.lock);
  EXPECT_EQ(held->attempt, "1.1");
  EXPECT_EQ(held->level, "0.1");
  for (const char* key : {"party", "grace_ms"}) {
    wire::Message lacking = wire::to_message(begin);
    std::erase_if(lacking.fields, [&](const auto& field) { return field.first == key; });
    EXPECT_FALSE(wire::read<ClusterBegin>(lacking)) << key;
  }
  // Without its level, the attempt might have what the test around it does not have.
  for (const char* key : {"lock", "level"}) {
    wire::Message lacking = wire::to_message(ask);
    std::erase_if(lacking.fields, [&](const auto& field) { return field.first == key; });
    EXPECT_FALSE(wire::read<ClusterAsk>(lacking)) << key;
  }
  wire::Message less = wire::to_message(ask);
  for (auto& [key, text] : less.fields) {
    if (key == "level") text = wire::packed({{"attempt", "1.1"}, {"amount", "0"}});
  }
  EXPECT_FALSE(wire::read<ClusterAsk>(less));
}

TEST(ClusterLease, ATestIsEndedASecondAndItsGraceBeforeTheLeaseIsOver) {
  using cluster::end_before;
  EXPECT_EQ(end_before(Milliseconds{100'000}, Milliseconds{5000}), Milliseconds{94'000});
  EXPECT_EQ(cluster::shortest_ttl(Milliseconds{5000}), Milliseconds{12'000});
  // A renewal that is not answered leaves time for others.
  for (const int ttl : {2000, 12'000, 30'000, 3'600'000}) {
    const Milliseconds lease{ttl};
    EXPECT_LT(cluster::renewal_interval(lease) * 2, lease / 2);
  }
}

TEST(ClusterLease, AnAnswerHasASixthOfTheLeaseBetweenOneAndFiveSeconds) {
  using cluster::answer_patience;
  EXPECT_EQ(answer_patience(Milliseconds{12'000}), Milliseconds{2000});
  EXPECT_EQ(answer_patience(Milliseconds{2000}), Milliseconds{1000});
  EXPECT_EQ(answer_patience(Milliseconds{3'600'000}), Milliseconds{5000});
}

TEST(ClusterKeys, AKeyHasTheNameOfTheLockAndItsLevel) {
  EXPECT_EQ(cluster::prefix_of_level("db", ""), "holdfast/locks/db/top/");
  for (const char* name : {"db", "a b", "top", "x/y", "\xFF"}) {
    for (const char* level : {"", "top", "run.7"}) {
      const std::string prefix = cluster::prefix_of_level(name, level);
      const auto found = cluster::parse_lock_key(prefix + "123");
      ASSERT_TRUE(found) << prefix;
      EXPECT_EQ(found->name, name);
      EXPECT_EQ(found->level, level);
      EXPECT_LT(prefix, cluster::range_end(prefix));
      EXPECT_LT(prefix + "zzz", cluster::range_end(prefix));
    }
  }
  for (const char* other : {"", "x", "holdfast/locks/", "holdfast/locks/db",
                            "holdfast/locks/db/top/", "holdfast/locks/db/new/1"}) {
    EXPECT_FALSE(cluster::parse_lock_key(other)) << other;
  }
}

TEST(ClusterLockSpec, TheScopeComesLastAndNeedsAWhole) {
  EXPECT_EQ(parse_lock_spec("db:1/4@cluster")->scope, LockScope::cluster);
  const Result<LockSpec> memory = parse_lock_spec("memory:1GiB@cluster");
  ASSERT_FALSE(memory);
  EXPECT_NE(to_text(memory.error()).find("expected SIZE/SIZE"), std::string::npos);
  const auto locks = canonical_locks(
      {*parse_lock_spec("a@cluster"), *parse_lock_spec("z@machine"), *parse_lock_spec("b")});
  EXPECT_EQ(to_text(locks->back()), "a@cluster");
  const auto alike =
      canonical_locks({*parse_lock_spec("a.b@cluster"), *parse_lock_spec("a_b@cluster")});
  ASSERT_FALSE(alike);
  EXPECT_NE(to_text(alike.error()).find("HOLDFAST_FENCE_A_B"), std::string::npos);
  EXPECT_TRUE(canonical_locks({*parse_lock_spec("a.b@cluster"), *parse_lock_spec("a_b@user")}));
}

}  // namespace
}  // namespace holdfast
