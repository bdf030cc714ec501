#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/encoding.hpp"
#include "cluster/etcd_messages.hpp"

namespace holdfast::etcd {
namespace {

// Recorded from etcd 3.4.23.
TEST(EtcdReplies, AreUnderstood) {
  EXPECT_FALSE(refusal_in(200, R"({"header":{"revision":"3"}})"));
  const auto lease =
      lease_in(R"({"header":{"revision":"2"},"ID":"2324035636781608461","TTL":"2"})");
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->id, "2324035636781608461");
  EXPECT_EQ(lease->ttl, Milliseconds{2000});
  const auto over =
      lease_in(R"({"result":{"header":{"revision":"3"},"ID":"2324035636781608455"}})");
  ASSERT_TRUE(over);
  EXPECT_EQ(over->ttl, Milliseconds{0});
  const auto gone = refusal_in(
      404,
      R"({"error":"etcdserver: requested lease not found","message":"etcdserver: requested lease not found","code":5})");
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->kind, Refusal::Kind::not_found);
  EXPECT_EQ(gone->words, "etcdserver: requested lease not found");
  EXPECT_EQ(
      refusal_in(412, R"({"error":"etcdserver: authentication is not enabled","code":9})")->kind,
      Refusal::Kind::no_users);
  EXPECT_EQ(
      refusal_in(400, R"({"code":9, "message":"etcdserver: authentication is not enabled"})")->kind,
      Refusal::Kind::no_users);
  EXPECT_EQ(refusal_in(401, R"({"error":"etcdserver: invalid auth token","code":16})")->kind,
            Refusal::Kind::who_are_you);
  EXPECT_EQ(refusal_in(401, R"({"error":"etcdserver: invalid auth token","code":16})")->words,
            "etcdserver: invalid auth token");
  // Its users came after our first call.
  EXPECT_EQ(refusal_in(400, R"({"error":"etcdserver: user name is empty","code":3})")->kind,
            Refusal::Kind::who_are_you);
  EXPECT_EQ(refusal_in(503, R"({"error":"etcdserver: no leader","code":14})")->kind,
            Refusal::Kind::later);
  for (const char* other : {"", "<html>", "[]", "7", "{\"error\":7}"}) {
    EXPECT_TRUE(refusal_in(404, other)) << other;
    EXPECT_TRUE(refusal_in(200, other)) << other;
  }
  EXPECT_EQ(news_in(R"({"result":{"header":{},"created":true}})"), WatchNews::nothing);
  EXPECT_EQ(news_in(R"({"result":{"header":{}}})"), WatchNews::nothing);
  EXPECT_EQ(news_in(R"({"result":{"events":[{"type":"DELETE","kv":{"key":"aG9s"}}]}})"),
            WatchNews::happened);
  EXPECT_EQ(news_in(R"({"result":{"canceled":true,"compact_revision":"9"}})"), WatchNews::happened);
  EXPECT_EQ(news_in(R"({"error":{"grpc_code":14,"message":"gone"}})"), WatchNews::failed);
  EXPECT_EQ(news_in(R"({"result":{"canceled":true}})"), WatchNews::failed);
  EXPECT_EQ(news_in("no JSON"), WatchNews::failed);
}

TEST(EtcdReplies, ARefusalSaysWhatFollowsFromIt) {
  using Kind = Refusal::Kind;
  const struct {
    const char* words;
    int code;
    Kind expected;
  } rows[] = {
      {"etcdserver: authentication failed, invalid user ID or password", 3, Kind::never},
      {"etcdserver: permission denied", 7, Kind::never},
      {"unknown service etcdserverpb.Lease", 12, Kind::never},
      {"etcdserver: revision of auth store is old", 3, Kind::who_are_you},
      {"etcdserver: user name is empty", 3, Kind::who_are_you},
      {"etcdserver: invalid auth token", 16, Kind::who_are_you},
      {"etcdserver: request timed out", 14, Kind::later},
      {"etcdserver: too many requests", 8, Kind::later},
  };
  for (const auto& row : rows) {
    const nlohmann::json body{{"message", row.words}, {"code", row.code}};
    const nlohmann::json in_a_stream{
        {"error", {{"message", row.words}, {"grpc_code", row.code}, {"http_code", 400}}}};
    for (const auto& [status, text] : {std::pair{400, body.dump()}, {200, in_a_stream.dump()}}) {
      const auto refusal = refusal_in(status, text);
      ASSERT_TRUE(refusal) << text;
      EXPECT_EQ(refusal->kind, row.expected) << text;
      EXPECT_EQ(refusal->words, row.words);
    }
  }
}

TEST(EtcdReplies, TheKeysOfALockComeByCreateRevision) {
  ClusterParty party;
  party.host = "h";
  party.user = "u";
  party.tree = "/b";
  party.test = "t\xFF";
  party.pid = 9;
  party.boot = "o";
  party.attempt = "7-x.1";
  party.mode = LockMode::counted;
  party.units = 2;
  party.size = 4;
  party.has_noted = true;
  party.slots = {1, 3};
  const std::string kvs = R"("kvs":[{"key":")" + to_base64("k2") +
                          R"(","create_revision":"12","value":"AAAA"},{"key":")" + to_base64("k1") +
                          R"(","create_revision":"11","mod_revision":"15","value":")" +
                          to_base64(value_of(party)) + R"("}])";
  for (
      const std::string& body :
      {R"({"header":{"revision":"20"},)" + kvs + "}",
       R"({"header":{"revision":"20"},"succeeded":true,"responses":[{"response_put":{}},{"response_range":{)" +
           kvs + "}}]}"}) {
    const auto keys = keys_in(body);
    ASSERT_TRUE(keys);
    EXPECT_EQ(keys->revision, 20);
    ASSERT_EQ(keys->parties.size(), 2U);
    ClusterParty expected = party;
    expected.test = "t\xEF\xBF\xBD";
    expected.key = "k1";
    expected.revision = 11;
    expected.changed = 15;
    EXPECT_EQ(keys->parties[0], expected);
    // A value that is not ours stands for whoever excludes everybody.
    EXPECT_EQ(keys->parties[1].mode, LockMode::exclusive);
  }
  EXPECT_TRUE(keys_in(R"({"header":{"revision":"1"}})")->parties.empty());
  EXPECT_FALSE(keys_in("{}"));
  EXPECT_EQ(keys_in(R"({"header":{"revision":5}})")->revision, 5);
  EXPECT_TRUE(keys_in(R"({"header":{"revision":"1"},"kvs":{"key":"YQ=="}})")->parties.empty());
}

TEST(EtcdReplies, TheWordsOfAPartyAreNotLongerThanAPacket) {
  const std::string word(100'000, 'x');
  const nlohmann::json value{{"host", word}, {"user", word}, {"tree", word},
                             {"test", word}, {"boot", word}, {"attempt", word}};
  const auto keys = keys_in(R"({"header":{"revision":"2"},"kvs":[{"key":"","value":")" +
                            to_base64(value.dump()) + R"("}]})");
  ASSERT_TRUE(keys);
  const ClusterParty& party = keys->parties.at(0);
  for (const std::string* one :
       {&party.host, &party.user, &party.tree, &party.test, &party.boot, &party.attempt}) {
    EXPECT_EQ(*one, word.substr(0, 4096));
  }
}

// Anybody may write keys.
TEST(EtcdReplies, WhatIsNoSlotIsLeftOut) {
  const std::string value = R"({"mode":"1/4","slots":[1,4294967298,-1,"3",1024,1023]})";
  const auto keys = keys_in(R"({"header":{"revision":"2"},"kvs":[{"key":"","value":")" +
                            to_base64(value) + R"("}]})");
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->parties.at(0).slots, (std::vector<unsigned>{1, 1023}));
}

TEST(EtcdBodies, AHolderExpectsAllItsKeys) {
  ClusterParty one;
  one.key = "a/1";
  one.revision = 7;
  ClusterParty two = one;
  two.revision = 9;
  const nlohmann::json body = nlohmann::json::parse(held_body({one, two}));
  EXPECT_EQ(body["compare"].size(), 2U);
  EXPECT_EQ(body["compare"][1]["create_revision"], "9");
  EXPECT_EQ(body["compare"][1]["result"], "EQUAL");
  EXPECT_TRUE(body["success"].empty());
}

TEST(EtcdBodies, AreWhatEtcdExpects) {
  const std::string range =
      R"({"key":"YS8=","range_end":"YTA=","sort_order":"ASCEND","sort_target":"CREATE"})";
  const struct {
    std::string body;
    std::string expected;
  } rows[] = {
      {authenticate_body("ci", "secret"), R"({"name":"ci","password":"secret"})"},
      {lease_body("77"), R"({"ID":"77"})"},
      {range_body("a/"), range},
      {put_body("a/1", "v", "77", "a/"),
       R"({"compare":[{"key":"YS8x","target":"CREATE","result":"EQUAL","create_revision":"0"}],)"
       R"("success":[{"request_put":{"key":"YS8x","value":"dg==","lease":"77"}},)"
       R"({"request_range":)" +
           range + R"(}],"failure":[{"request_range":)" + range + "}]}"},
      {change_body("a/1", "v", "77", 15),
       R"({"compare":[{"key":"YS8x","target":"MOD","result":"EQUAL","mod_revision":"15"}],)"
       R"("success":[{"request_put":{"key":"YS8x","value":"dg==","lease":"77"}}]})"},
      {watch_one_body("a/1", 8), R"({"create_request":{"key":"YS8x","start_revision":"8"}})"},
      {watch_ends_body("a/", 8),
       R"({"create_request":{"key":"YS8=","range_end":"YTA=","start_revision":"8",)"
       R"("filters":["NOPUT"]}})"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(nlohmann::json::parse(row.body), nlohmann::json::parse(row.expected));
  }
}

TEST(EtcdBodies, NumbersAreTextsAndKeysAreBase64) {
  using nlohmann::json;
  EXPECT_EQ(json::parse(grant_body(Milliseconds{12'500})), json::parse(R"({"TTL":"13"})"));
  const json put = json::parse(put_body("a/1", "v", "77", "a/"));
  EXPECT_EQ(put["compare"][0]["create_revision"], "0");
  EXPECT_EQ(put["success"][0]["request_put"]["lease"], "77");
  EXPECT_EQ(put["success"][1]["request_range"]["range_end"], to_base64("a0"));
  EXPECT_EQ(put["failure"].size(), 1U);
  const json watch = json::parse(watch_ends_body("a/", 8));
  EXPECT_EQ(watch["create_request"]["filters"][0], "NOPUT");
  EXPECT_EQ(watch["create_request"]["start_revision"], "8");
}

}  // namespace
}  // namespace holdfast::etcd
