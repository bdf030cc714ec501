#include "core/settings/cluster_wire.hpp"

#include "core/base/number.hpp"
#include "core/cluster/cluster_words.hpp"
#include "core/lock/lock_wait.hpp"

namespace holdfast {

wire::Message to_message(const ClusterSettings& settings) {
  wire::Message message(cluster::k_settings);
  for (const std::string& endpoint : settings.endpoints) message.add("endpoint", endpoint);
  message.add("ttl_ms", std::to_string(settings.ttl.count()));
  message.add("ca", settings.ca);
  message.add("cert", settings.cert);
  message.add("key", settings.key);
  message.add("user", settings.user);
  return message;
}

ClusterSettings to_cluster_settings(const wire::Message& message) {
  ClusterSettings settings;
  for (const auto& [key, value] : message.fields) {
    if (key == "endpoint") settings.endpoints.push_back(value);
  }
  settings.ttl = Milliseconds{
      parse_number<std::int64_t>(message.get("ttl_ms")).value_or(k_default_cluster_ttl.count())};
  settings.ca = message.get("ca");
  settings.cert = message.get("cert");
  settings.key = message.get("key");
  settings.user = message.get("user");
  return settings;
}

void add_fields(const ClusterParty& party, wire::Message& message) {
  const auto add = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) message.add(key, value);
  };
  add("host", party.host);
  add("user", party.user);
  add("tree", party.tree);
  add("test", party.test);
  add("pid", std::to_string(party.pid));
  add("boot", party.boot);
  add("attempt", party.attempt);
  add("how", how_of(party));
  if (party.has_noted) add("noted", "1");
  add("slots", to_text(party.slots));
  if (party.revision != 0) add("revision", std::to_string(party.revision));
  add("key", party.key);
}

ClusterParty to_party(const wire::Message& message) {
  ClusterParty party;
  party.host = message.get("host");
  party.user = message.get("user");
  party.tree = message.get("tree");
  party.test = message.get("test");
  party.pid = parse_number<std::int64_t>(message.get("pid")).value_or(0);
  party.boot = message.get("boot");
  party.attempt = message.get("attempt");
  read_how(message.get("how"), party);
  party.has_noted = !message.get("noted").empty();
  party.slots = parse_slots(message.get("slots"));
  party.revision = parse_number<std::int64_t>(message.get("revision")).value_or(0);
  party.key = message.get("key");
  return party;
}

}  // namespace holdfast
