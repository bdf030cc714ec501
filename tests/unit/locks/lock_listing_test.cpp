#include "locks/lock_listing.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace holdfast::cli {
namespace {

// Begun in the future, so that its age is 0 whenever this test runs.
LockParty party(const std::string& test, LockMode mode = LockMode::exclusive) {
  LockParty party;
  party.process = {17, 9};
  party.test = test;
  party.tree = "/b";
  party.since_unix_ms = std::numeric_limits<std::int64_t>::max() / 2;
  party.mode = mode;
  party.units = 2;
  party.size = 4;
  return party;
}

os::SurveyedLock lock(LockScope scope, std::vector<LockParty> holders,
                      std::vector<LockParty> waiters = {}) {
  os::SurveyedLock lock;
  lock.scope = scope;
  lock.scope_directory = "project-shop";
  lock.name = "db";
  lock.holders = std::move(holders);
  lock.waiters = std::move(waiters);
  lock.tickets = lock.waiters.size();
  return lock;
}

TEST(LockListing, SaysWhoHoldsALockAndWhoWaits) {
  EXPECT_EQ(describe_locks({lock(LockScope::project, {party("a")}, {party("b"), party("c")})}),
            "db@project (exclusive, project-shop)\n"
            "  held by \"a\" (pid 17, tree /b) for 0.0 s\n"
            "  1. \"b\" (pid 17, tree /b) waits for 0.0 s (exclusive)\n"
            "  2. \"c\" (pid 17, tree /b) waits for 0.0 s (exclusive)\n");
  EXPECT_EQ(describe_locks({}), "");
}

TEST(LockListing, SaysOfEachHolderWhichSlotsItHas) {
  LockParty first = party("a", LockMode::counted);
  first.slots = {0, 2};
  LockParty second = party("b", LockMode::counted);
  second.slots = {1};
  EXPECT_EQ(describe_locks({lock(LockScope::build, {first, second})}),
            "db@build (counted, project-shop)\n"
            "  held by \"a\" (pid 17, tree /b) for 0.0 s, slots 0,2\n"
            "  held by \"b\" (pid 17, tree /b) for 0.0 s, slots 1\n");
  os::SurveyedLock inner = lock(LockScope::user, {first});
  inner.below = "r.1";
  EXPECT_EQ(json_of({lock(LockScope::user, {}), inner})[1]["below"], "r.1");
}

TEST(LockListing, NamesTheProjectOrTreeOnlyOfALockThatHasOne) {
  EXPECT_EQ(describe_locks({lock(LockScope::user, {})}), "db@user (exclusive)\n");
  os::SurveyedLock inner = lock(LockScope::machine, {});
  inner.below = "r.1";
  EXPECT_EQ(describe_locks({inner}), "db@machine (exclusive, inside r.1)\n");
}

TEST(LockListing, TellsWhatLeftNoRecord) {
  os::SurveyedLock strange = lock(LockScope::user, {}, {party("b", LockMode::shared)});
  strange.tickets = 3;
  os::FlockHolder holder{};
  holder.pid = 5;
  holder.command = "sleep 9";
  strange.strangers = {holder};
  EXPECT_EQ(describe_locks({strange}),
            "db@user (exclusive)\n"
            "  held without a record by \"sleep 9\" (pid 5)\n"
            "  1. \"b\" (pid 17, tree /b) waits for 0.0 s (shared)\n"
            "  2 more wait\n");
}

TEST(LockListing, AModeIsThatOfTheHolderElseOfTheFirstWaiter) {
  const auto mode = [](const os::SurveyedLock& one) { return json_of({one})[0]["mode"]; };
  const LockParty shared = party("a", LockMode::shared);
  const LockParty counted = party("a", LockMode::counted);
  EXPECT_EQ(mode(lock(LockScope::user, {shared}, {party("b")})), "shared");
  EXPECT_EQ(mode(lock(LockScope::user, {counted})), "counted");
  EXPECT_EQ(mode(lock(LockScope::user, {}, {shared})), "shared");
  EXPECT_EQ(mode(lock(LockScope::user, {}, {counted})), "counted");
  EXPECT_EQ(mode(lock(LockScope::user, {})), "exclusive");
}

TEST(LockListing, InJsonHasEachPartyWithItsSlots) {
  LockParty holder = party("a", LockMode::counted);
  holder.slots = {0, 2};
  holder.attempt = "r.1";
  holder.since_unix_ms = 1500;
  const nlohmann::ordered_json json =
      json_of({lock(LockScope::project, {holder}, {party("b\xff")})});
  EXPECT_EQ(json[0]["holders"][0].dump(),
            R"({"pid":17,"test":"a","tree":"/b","since":1.5,"mode":"2/4","slots":[0,2],)"
            R"("attempt":"r.1","stopped":false})");
  EXPECT_EQ(json[0]["waiters"][0]["test"], "b\xef\xbf\xbd");
  EXPECT_FALSE(json[0]["waiters"][0].contains("slots"));
  EXPECT_EQ(json[0]["waiting"], 1);
  EXPECT_FALSE(json[0].contains("below"));
}

TEST(LockListing, InJsonTellsWhatIsKnownOfThatProcess) {
  LockParty far = party("far");
  far.elsewhere = true;
  LockParty stopped = party("stopped");
  stopped.stopped = true;
  os::SurveyedLock strange = lock(LockScope::user, {}, {far, stopped});
  strange.strangers = {{5, "sleep 9"}};
  const nlohmann::ordered_json json = json_of({strange})[0];
  EXPECT_EQ(json["mode"], "exclusive");
  EXPECT_EQ(json["holders"][0].dump(),
            R"({"pid":5,"test":"sleep 9","tree":"","since":null,"mode":"flock","stopped":false})");
  EXPECT_EQ(json["waiters"][0]["other_pid_namespace"], true);
  EXPECT_EQ(json["waiters"][0]["stopped"], false);
  EXPECT_FALSE(json["waiters"][1].contains("other_pid_namespace"));
  EXPECT_EQ(json["waiters"][1]["stopped"], true);
}

TEST(LockListing, OfEtcdItSaysWhereEachPartyIs) {
  ClusterParty holder;
  holder.host = "h1";
  holder.user = "u";
  holder.tree = "/b";
  holder.test = "a";
  holder.pid = 17;
  holder.attempt = "r.1";
  holder.revision = 5;
  ClusterParty waiter = holder;
  waiter.host = "h2";
  waiter.tree = "";
  waiter.test = "b";
  waiter.revision = 6;
  const ClusterQueue queue{"db", "", {holder, waiter}};
  EXPECT_EQ(describe_locks({queue}),
            "db@cluster (exclusive)\n"
            "  held by \"a\" (pid 17 on h1, tree /b), fence 5\n"
            "  1. \"b\" (pid 17 on h2) waits (exclusive)\n");
  const nlohmann::ordered_json json = json_of({queue})[0];
  EXPECT_EQ(json["scope"], "cluster");
  EXPECT_EQ(json["holders"][0].dump(),
            R"({"pid":17,"host":"h1","user":"u","test":"a","tree":"/b","since":null,)"
            R"("mode":"exclusive","attempt":"r.1","fence":5,"stopped":false})");
  EXPECT_EQ(json["waiters"][0]["test"], "b");
  EXPECT_EQ(json["waiting"], 1);
}

TEST(LockListing, OfEtcdItNamesAllThatShareALock) {
  ClusterParty first;
  first.host = "h1";
  first.test = "a";
  first.mode = LockMode::shared;
  ClusterParty second = first;
  second.test = "b";
  const nlohmann::ordered_json json = json_of({ClusterQueue{"db", "r.1", {first, second}}})[0];
  EXPECT_EQ(json["mode"], "shared");
  EXPECT_EQ(json["below"], "r.1");
  EXPECT_EQ(json["holders"].size(), 2U);
  EXPECT_EQ(json["waiting"], 0);
}

}  // namespace
}  // namespace holdfast::cli
