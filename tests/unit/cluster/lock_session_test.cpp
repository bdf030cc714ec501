// One attempt with locks of scope `cluster`, from its own words to what etcd is asked.
#include "cluster/lock_session.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/encoding.hpp"
#include "cluster/cluster_wire.hpp"
#include "cluster/etcd_messages.hpp"
#include "cluster/fake_etcd.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::etcd {
namespace {

using Answer = FakeEtcd::Answer;
using Call = FakeEtcd::Call;
using nlohmann::json;

constexpr Milliseconds k_patience{20'000};

ClusterSettings settings_for(const FakeEtcd& etcd) {
  ClusterSettings settings;
  settings.endpoints = {etcd.endpoint()};
  settings.ttl = Milliseconds{60'000};
  return settings;
}

class LockSessionTest : public testing::Test {
 protected:
  LockSessionTest() {
    auto ends = os::packet_pair();
    Result<os::SharedLease> lease = os::SharedLease::make();
    EXPECT_TRUE(ends && lease);
    far_ = std::move(ends->second);
    lease_.emplace(std::move(*lease));
    session_.emplace(LockSession::Parts{etcd_, releases_, settings_, machine_},
                     std::move(ends->first));
    server_.obey([this](const Call& call) { return usual(call); });
  }

  bool go_on_until(const std::function<bool()>& condition, Milliseconds patience = k_patience) {
    const Milliseconds until = os::monotonic_now() + patience;
    while (!condition()) {
      if (os::monotonic_now() >= until) return false;
      turn();
    }
    return true;
  }

  static LockSpec db() { return *parse_lock_spec("db@cluster"); }
  // The attempt's first words.
  void begin(Milliseconds grace = Milliseconds{100}) {
    ClusterParty self;
    self.tree = "/tree";
    self.test = "t";
    self.pid = 9;
    self.boot = "our boot";
    self.attempt = "1-x.1";
    const ClusterBegin first{self, grace};
    EXPECT_TRUE(os::send_message(far_.get(), wire::to_message(first), {lease_->memory()}));
  }
  void say(const wire::Message& message) const {
    EXPECT_TRUE(os::send_message(far_.get(), message));
  }
  void ask() {
    begin();
    say(wire::to_message(ClusterAsk{db(), {}}));
  }
  // What the attempt hears next; without a kind: nothing.
  wire::Message hear(Milliseconds patience = k_patience) {
    if (!go_on_until([&] { return os::is_readable(far_.get()); }, patience)) return {};
    const os::ReceivedMessage received = os::receive_message(far_.get());
    return received.message ? *received.message : wire::Message();
  }

  void ask_for(const std::string& lock, const LockLevel& level = {}) const {
    say(wire::to_message(ClusterAsk{*parse_lock_spec(lock), level}));
  }
  std::string why_waits() {
    say(wire::Message(cluster::k_waiting));
    const wire::Message told = hear();
    EXPECT_EQ(told.kind, cluster::k_waiting);
    return std::string(told.get("why"));
  }
  // The values that were put into keys, one after the other.
  std::vector<json> values() const {
    std::vector<json> all;
    for (const Call& call : server_.calls_of(k_txn)) {
      if (call.body["success"].empty()) continue;
      const std::string value = call.body["success"][0]["request_put"]["value"];
      all.push_back(json::parse(from_base64(value).value_or("")));
    }
    return all;
  }
  // How often an etcd was asked, by path.
  std::size_t calls_of(std::string_view path) const { return server_.calls_of(path).size(); }
  // Looks for the keys that the attempt has.
  std::vector<json> looks() const {
    std::vector<json> all;
    for (const Call& call : server_.calls_of(k_txn)) {
      if (call.body["success"].empty()) all.push_back(call.body["compare"]);
    }
    return all;
  }
  static bool is_look(const Call& call) {
    return call.path == k_txn && call.body["success"].empty();
  }
  bool is_renewed() const {
    return lease_->until_ms() > (os::time_since_boot() + Milliseconds{20'000}).count();
  }

  // Another holder or waiter, who came before.
  void add_other(const std::string& key, const ClusterParty& party) {
    others_.push_back({{"key", to_base64(key)},
                       {"value", to_base64(value_of(party))},
                       {"create_revision", "11"},
                       {"mod_revision", "11"}});
  }
  void remove_others() { others_ = json::array(); }
  void remove_own() { own_ = json(); }
  static ClusterParty other() {
    ClusterParty party;
    party.host = "far";
    party.test = "other";
    party.attempt = "7-y.3";
    party.boot = "another boot";
    return party;
  }

  // As an etcd answers to which nothing has happened.
  std::optional<Answer> usual(const Call& call) {
    if (call.path == k_grant) return Answer{200, R"({"ID":"7","TTL":")" + ttl_ + R"("})"};
    if (call.path == k_keep_alive) return Answer{200, R"({"result":{"ID":"7","TTL":"60"}})"};
    if (call.path == k_range) return Answer{200, said_of_keys().dump()};
    if (call.path == k_watch) return Answer{200, "{\"result\":{\"created\":true}}\n", true};
    if (call.path != k_txn) return Answer{200, R"({"header":{}})"};
    if (call.body["success"].empty()) return Answer{200, R"({"succeeded":true})"};
    own_ = call.body["success"][0]["request_put"];
    own_["create_revision"] = own_["mod_revision"] = "20";
    json put = {{"header", {{"revision", "20"}}}, {"succeeded", true}};
    put["responses"] =
        json::array({{{"response_put", json::object()}}, {{"response_range", said_of_keys()}}});
    return Answer{200, put.dump()};
  }

  FakeEtcd server_;
  const ClusterSettings settings_ = settings_for(server_);
  const Machine machine_{"here", "me"};
  Http http_{settings_};
  Etcd etcd_{http_, settings_, ""};
  Releases releases_{etcd_};
  os::UniqueFd far_;
  std::optional<os::SharedLease> lease_;
  std::optional<LockSession> session_;
  std::string ttl_ = "60";  // of the lease that is given; 1: it is renewed after 0.2 s

 private:
  json said_of_keys() const {
    json keys = others_;
    if (!own_.is_null()) keys.push_back(own_);
    return {{"header", {{"revision", "20"}}}, {"kvs", keys}};
  }

  // As the loop of the program.
  void turn() {
    os::Wait wait({}, os::monotonic_now() + Milliseconds{20});
    server_.join(wait);
    releases_.join(wait);
    session_->join(wait);
    http_.wait(wait);
    session_->hear();
    http_.work();
    session_->look();
    releases_.look();
    server_.work();
  }

  json others_ = json::array();
  json own_;
};

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

TEST_F(LockSessionTest, ALeaseThatIsOverAtOnceIsNone) {
  ttl_ = "0";
  ask();
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
