#include "etcd/etcd_bodies.hpp"

#include <nlohmann/json.hpp>

#include "core/base/base64.hpp"
#include "core/base/utf8.hpp"
#include "core/cluster/lock_order.hpp"

namespace holdfast::etcd {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of_json(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json range_of(const std::string& prefix) {
  return {{"key", to_base64(prefix)},
          {"range_end", to_base64(cluster::range_end(prefix))},
          {"sort_order", "ASCEND"},
          {"sort_target", "CREATE"}};
}

Json put_of(const std::string& key, const std::string& value, const std::string& lease) {
  return {{"key", to_base64(key)}, {"value", to_base64(value)}, {"lease", lease}};
}

// The key was made at that revision; 0: there is none.
Json made_at(std::int64_t revision, const std::string& key) {
  return {{"key", to_base64(key)},
          {"target", "CREATE"},
          {"result", "EQUAL"},
          {"create_revision", std::to_string(revision)}};
}

// Nobody has changed the key since that revision.
Json unchanged_since(std::int64_t revision, const std::string& key) {
  return {{"key", to_base64(key)},
          {"target", "MOD"},
          {"result", "EQUAL"},
          {"mod_revision", std::to_string(revision)}};
}

Json transaction(Json compare, Json success) {
  return {{"compare", std::move(compare)}, {"success", std::move(success)}};
}

}  // namespace

std::string authenticate_body(std::string_view user, std::string_view password) {
  return text_of_json({{"name", user}, {"password", password}});
}

std::string grant_body(Milliseconds ttl) {
  return text_of_json({{"TTL", std::to_string((ttl.count() + 999) / 1000)}});
}

std::string lease_body(const std::string& lease) { return text_of_json({{"ID", lease}}); }

std::string value_of(const ClusterParty& party) {
  Json value;
  value["host"] = valid_utf8(party.host);
  value["user"] = valid_utf8(party.user);
  value["tree"] = valid_utf8(party.tree);
  value["test"] = valid_utf8(party.test);
  value["pid"] = party.pid;
  value["boot"] = party.boot;
  value["attempt"] = party.attempt;
  const std::string how = how_of(party);
  value["mode"] = how.empty() ? "exclusive" : how;
  if (party.has_noted) value["noted"] = true;
  if (!party.slots.empty()) value["slots"] = party.slots;
  return text_of_json(value);
}

std::string put_body(const std::string& key, const std::string& value, const std::string& lease,
                     const std::string& prefix) {
  const Json range = {{"request_range", range_of(prefix)}};
  Json body = transaction(Json::array({made_at(0, key)}),
                          Json::array({{{"request_put", put_of(key, value, lease)}}, range}));
  // The key is there when an answer was lost on its way to us.
  body["failure"] = Json::array({range});
  return text_of_json(body);
}

std::string change_body(const std::string& key, const std::string& value, const std::string& lease,
                        std::int64_t revision) {
  return text_of_json(transaction(Json::array({unchanged_since(revision, key)}),
                                  Json::array({{{"request_put", put_of(key, value, lease)}}})));
}

std::string held_body(const std::vector<ClusterParty>& held) {
  Json compare = Json::array();
  for (const ClusterParty& party : held) compare.push_back(made_at(party.revision, party.key));
  return text_of_json(transaction(std::move(compare), Json::array()));
}

std::string range_body(const std::string& prefix) { return text_of_json(range_of(prefix)); }

std::string watch_one_body(const std::string& key, std::int64_t revision) {
  return text_of_json({{"create_request",
                        {{"key", to_base64(key)}, {"start_revision", std::to_string(revision)}}}});
}

std::string watch_ends_body(const std::string& prefix, std::int64_t revision) {
  return text_of_json({{"create_request",
                        {{"key", to_base64(prefix)},
                         {"range_end", to_base64(cluster::range_end(prefix))},
                         {"start_revision", std::to_string(revision)},
                         {"filters", Json::array({"NOPUT"})}}}});
}

}  // namespace holdfast::etcd
