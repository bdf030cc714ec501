#include "core/settings/cluster_wire.hpp"

#include "core/cluster/cluster_words.hpp"
#include "core/settings/fields.hpp"

namespace holdfast {
namespace {

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

}  // namespace

wire::Message to_message(const ClusterSettings& settings) {
  wire::Message message(cluster::k_settings);
  each_field(settings, wire::ToMessage(message));
  return message;
}

ClusterSettings to_cluster_settings(const wire::Message& message) {
  ClusterSettings settings;
  each_field(settings, wire::FromMessage(message));
  return settings;
}

void add_fields(const ClusterParty& party, wire::Message& message) {
  each_field(party, wire::ToMessage(message));
}

ClusterParty to_party(const wire::Message& message) {
  ClusterParty party;
  each_field(party, wire::FromMessage(message));
  return party;
}

}  // namespace holdfast
