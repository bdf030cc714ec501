#include "core/settings/cluster_wire.hpp"

#include "core/cluster/cluster_words.hpp"
#include "core/settings/fields.hpp"

namespace holdfast {

void each_field(wire::Any<ClusterSettings> auto& settings, auto&& use) {
  use("endpoint", settings.endpoints);
  use("ttl_ms", settings.ttl);
  use("ca", settings.ca);
  use("cert", settings.cert);
  use("key", settings.key);
  use("user", settings.user);
}

void each_field(wire::Any<ClusterParty> auto& party, auto&& use) {
  use("host", party.host);
  use("user", party.user);
  use("tree", party.tree);
  use("test", party.test);
  use("pid", party.pid);
  use("boot", party.boot);
  use("attempt", party.attempt);
  use("mode", party.mode, LockMode::exclusive);
  use("units", party.units, 1);
  use("size", party.size, 1);
  use("noted", party.has_noted);
  use("slot", party.slots);
  use("revision", party.revision, 0);
  use("key", party.key);
}

void each_field(wire::Any<LockLevel> auto& level, auto&& use) {
  use("attempt", level.attempt);
  use("slots", level.slots, wire::k_counted);
  use("amount", level.amount, wire::k_needed);
}

void each_field(wire::Any<ClusterBegin> auto& begin, auto&& use) {
  use("party", begin.party, wire::k_needed);
  use("grace_ms", begin.grace, wire::k_needed);
}

void each_field(wire::Any<ClusterAsk> auto& ask, auto&& use) {
  use("lock", ask.lock, wire::k_needed);
  use("level", ask.level, wire::k_needed);
}

void each_field(wire::Any<ClusterHad> auto& had, auto&& use) {
  use("fence", had.fence, wire::k_needed);
  use("slots", had.slots, wire::k_counted);
}

void each_field(wire::Any<ClusterIsHeld> auto& question, auto&& use) {
  use("lock", question.lock, wire::k_needed);
  use("attempt", question.attempt, wire::k_needed);
  use("level", question.level);
}

wire::Message to_message(const ClusterSettings& settings) {
  return wire::written(cluster::k_settings, settings);
}
Result<ClusterSettings> to_cluster_settings(const wire::Message& message) {
  return wire::read_as<ClusterSettings>(cluster::k_settings, message);
}

void add_fields(const ClusterParty& party, wire::Message& message) {
  each_field(party, wire::ToMessage(message));
}

ClusterParty to_party(const wire::Message& message) {
  ClusterParty party;
  each_field(party, wire::FromMessage(message));
  return party;
}

wire::Message to_message(const ClusterBegin& begin) {
  return wire::written(cluster::k_begin, begin);
}
Result<ClusterBegin> to_cluster_begin(const wire::Message& message) {
  return wire::read_as<ClusterBegin>(cluster::k_begin, message);
}

wire::Message to_message(const ClusterAsk& ask) { return wire::written(cluster::k_ask, ask); }
Result<ClusterAsk> to_cluster_ask(const wire::Message& message) {
  return wire::read_as<ClusterAsk>(cluster::k_ask, message);
}

wire::Message to_message(const ClusterHad& had) { return wire::written(cluster::k_had, had); }
Result<ClusterHad> to_cluster_had(const wire::Message& message) {
  return wire::read_as<ClusterHad>(cluster::k_had, message);
}

wire::Message to_message(const ClusterIsHeld& question) {
  return wire::written(cluster::k_is_held, question);
}
Result<ClusterIsHeld> to_cluster_is_held(const wire::Message& message) {
  return wire::read_as<ClusterIsHeld>(cluster::k_is_held, message);
}

}  // namespace holdfast
