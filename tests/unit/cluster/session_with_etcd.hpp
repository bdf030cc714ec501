// An attempt with locks of scope `cluster`, and the etcd that its session asks.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/encoding.hpp"
#include "cluster/cluster_wire.hpp"
#include "cluster/etcd_messages.hpp"
#include "cluster/fake_etcd.hpp"
#include "cluster/lock_session.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::etcd {

inline ClusterSettings settings_for(const FakeEtcd& etcd) {
  ClusterSettings settings;
  settings.endpoints = {etcd.endpoint()};
  settings.ttl = Milliseconds{60'000};
  return settings;
}

class LockSessionTest : public testing::Test {
 protected:
  using Answer = FakeEtcd::Answer;
  using Call = FakeEtcd::Call;
  using json = nlohmann::json;

  static constexpr Milliseconds k_patience{20'000};

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

}  // namespace holdfast::etcd
