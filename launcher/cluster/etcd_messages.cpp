#include "cluster/etcd_messages.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "cluster/lock_order.hpp"

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

namespace {

using Parsed = nlohmann::json;

Parsed parsed(std::string_view text) { return Parsed::parse(text, nullptr, false); }

// Null if there is no such member.
const Parsed& member(const Parsed& object, const char* name) {
  static const Parsed none;
  if (!object.is_object()) return none;
  const auto found = object.find(name);
  return found == object.end() ? none : *found;
}

// Empty if it is no array.
const Parsed& array_in(const Parsed& object, const char* name) {
  static const Parsed none = Parsed::array();
  const Parsed& value = member(object, name);
  return value.is_array() ? value : none;
}

bool is_true(const Parsed& object, const char* name) {
  return member(object, name) == Parsed(true);
}

std::string text_in(const Parsed& object, const char* name) {
  const Parsed& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

// A number, or a string that is one.
std::int64_t number_in(const Parsed& object, const char* name) {
  const Parsed& value = member(object, name);
  if (value.is_number_integer()) return value.get<std::int64_t>();
  return parse_number<std::int64_t>(text_in(object, name)).value_or(0);
}

// gRPC's codes: https://grpc.github.io/grpc/core/md_doc_statuscodes.html
Refusal::Kind kind_of(std::int64_t code) {
  switch (code) {
    case 3:   // INVALID_ARGUMENT, a wrong password among them
    case 7:   // PERMISSION_DENIED
    case 12:  // UNIMPLEMENTED
      return Refusal::Kind::never;
    case 5:
      return Refusal::Kind::not_found;
    case 9:  // FAILED_PRECONDITION
      return Refusal::Kind::no_users;
    case 16:
      return Refusal::Kind::who_are_you;
    default:
      return Refusal::Kind::later;
  }
}

// Of a party: what is longer is not Holdfast's, and would fit into no packet.
std::string word_in(const Parsed& object, const char* name) {
  constexpr std::size_t k_longest_word = 4096;
  return std::string(first_bytes(text_in(object, name), k_longest_word));
}

// Somebody else's value may be anything; then the key counts as an exclusive holder or waiter.
ClusterParty party_in(const Parsed& kv) {
  ClusterParty party;
  party.key = from_base64(text_in(kv, "key")).value_or("");
  party.revision = number_in(kv, "create_revision");
  party.changed = number_in(kv, "mod_revision");
  const Parsed value = parsed(from_base64(text_in(kv, "value")).value_or(""));
  party.host = word_in(value, "host");
  party.user = word_in(value, "user");
  party.tree = word_in(value, "tree");
  party.test = word_in(value, "test");
  party.pid = number_in(value, "pid");
  party.boot = word_in(value, "boot");
  party.attempt = word_in(value, "attempt");
  // `exclusive`, and what is not understood, excludes the most.
  if (const std::optional<LockSpec> how = parse_how(text_in(value, "mode"))) {
    party.mode = how->mode;
    party.units = how->units;
    party.size = how->size;
  }
  party.has_noted = is_true(value, "noted");
  for (const Parsed& slot : array_in(value, "slots")) {
    if (slot.is_number_unsigned() && slot.get<std::uint64_t>() < k_most_slots) {
      party.slots.push_back(slot.get<unsigned>());
    }
  }
  return party;
}

Keys keys_of(const Parsed& range) {
  Keys keys;
  for (const Parsed& kv : array_in(range, "kvs")) keys.parties.push_back(party_in(kv));
  std::ranges::sort(keys.parties, {}, &ClusterParty::revision);
  return keys;
}

}  // namespace

std::optional<Refusal> refusal_in(long status, std::string_view body) {
  const Parsed json = parsed(body);
  const Parsed& nested = member(json, "error");  // of a stream it is an object
  const Parsed& error = nested.is_object() ? nested : json;
  // Debian 13's etcd has `message` and `code` alone, others have `error` as well.
  if (!nested.is_null() || (status != 200 && member(json, "message").is_string())) {
    std::string words = text_in(error, "message");
    if (words.empty()) words = text_in(json, "error");
    const std::int64_t code =
        member(error, "code").is_null() ? number_in(error, "grpc_code") : number_in(error, "code");
    // The users were changed since we got our token, or we have none, because etcd had no users.
    const bool is_old = words.find("auth store is old") != std::string::npos ||
                        words.find("user name is empty") != std::string::npos;
    return Refusal{is_old ? Refusal::Kind::who_are_you : kind_of(code), brief(words)};
  }
  if (status == 200 && json.is_object()) return std::nullopt;
  return Refusal{Refusal::Kind::later,
                 text_of({"it answers like no etcd of version 3.4 or later (HTTP ",
                          std::to_string(status), ")"})};
}

std::string token_in(std::string_view body) { return text_in(parsed(body), "token"); }

std::optional<Lease> lease_in(std::string_view body) {
  const Parsed json = parsed(body);
  const Parsed& result = member(json, "result").is_object() ? member(json, "result") : json;
  Lease lease{text_in(result, "ID"), Milliseconds{number_in(result, "TTL") * 1000}};
  if (lease.id.empty()) return std::nullopt;
  return lease;
}

std::optional<Keys> keys_in(std::string_view body) {
  const Parsed json = parsed(body);
  const std::int64_t revision = number_in(member(json, "header"), "revision");
  if (revision == 0) return std::nullopt;
  const Parsed& responses = array_in(json, "responses");
  Keys keys = keys_of(responses.empty() ? json : member(responses.back(), "response_range"));
  keys.revision = revision;
  return keys;
}

bool has_succeeded(std::string_view body) { return is_true(parsed(body), "succeeded"); }

WatchNews news_in(std::string_view line) {
  const Parsed json = parsed(line);
  const Parsed& result = member(json, "result");
  if (!result.is_object()) return WatchNews::failed;
  if (!array_in(result, "events").empty()) return WatchNews::happened;
  if (!member(result, "canceled").is_null()) {
    const bool was_late = number_in(result, "compact_revision") != 0;
    return was_late ? WatchNews::happened : WatchNews::failed;
  }
  return WatchNews::nothing;
}

}  // namespace holdfast::etcd
