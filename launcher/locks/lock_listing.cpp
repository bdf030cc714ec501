#include "locks/lock_listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "cluster/lock_order.hpp"
#include "os/file/clock.hpp"

namespace holdfast::cli {
namespace {

using Json = nlohmann::ordered_json;

// A holder of a lock or a waiter for it.
struct ListedParty {
  std::string held;   // what follows "held "
  std::string waits;  // what follows the number of a waiter
  Json json;
};

template <typename Party>
std::string how_in_words(const Party& party) {
  return party.mode == LockMode::exclusive ? "exclusive" : how_of(party);
}

// Adds what is said of each party. `since` is null if nobody knows.
template <typename Party>
void add_party(Json& object, const Party& party, const Json& since) {
  object["test"] = valid_utf8(party.test);
  object["tree"] = valid_utf8(party.tree);
  object["since"] = since;
  object["mode"] = how_in_words(party);
  if (!party.slots.empty()) object["slots"] = party.slots;
  if (!party.attempt.empty()) object["attempt"] = valid_utf8(party.attempt);
}

template <typename Party>
std::string slots_of(const Party& holder) {
  return holder.slots.empty() ? "" : ", slots " + to_text(holder.slots);
}

ListedParty listed(const LockParty& party) {
  Json json{{"pid", party.process.pid}};
  add_party(json, party, static_cast<double>(party.since_unix_ms) / 1000);
  json["stopped"] = party.stopped;
  if (party.elsewhere) json["other_pid_namespace"] = true;
  const std::string who = describe_party(party);
  const std::string age =
      describe(Milliseconds{std::max<std::int64_t>(0, os::unix_now_ms() - party.since_unix_ms)});
  return {fmt::format("by {} for {}{}", who, age, slots_of(party)),
          fmt::format("{} waits for {} ({})", who, age, how_in_words(party)), std::move(json)};
}

ListedParty listed(const ClusterParty& party) {
  Json json{{"pid", party.pid}, {"host", valid_utf8(party.host)}, {"user", valid_utf8(party.user)}};
  add_party(json, party, nullptr);
  json["fence"] = party.revision;
  json["stopped"] = false;
  const std::string who = describe_party(party);
  return {fmt::format("by {}, fence {}{}", who, party.revision, slots_of(party)),
          fmt::format("{} waits ({})", who, how_in_words(party)), std::move(json)};
}

// A holder by flock(1). It leaves no record, so little is known of it.
ListedParty listed(const os::FlockHolder& stranger) {
  return {
      fmt::format("without a record by \"{}\" (pid {})", printable(stranger.command), stranger.pid),
      {},
      {{"pid", stranger.pid},
       {"test", valid_utf8(stranger.command)},
       {"tree", ""},
       {"since", nullptr},
       {"mode", "flock"},
       {"stopped", false}}};
}

// The mode in which the lock is held. If nobody holds it, the mode in which its first waiter wants
// it.
std::string_view mode_of(const os::SurveyedLock& lock) {
  if (!lock.holders.empty()) return name_of(lock.holders.front().mode);
  const bool is_wanted = lock.strangers.empty() && !lock.waiters.empty();
  return name_of(is_wanted ? lock.waiters.front().mode : LockMode::exclusive);
}

void begin(ListedLock& lock, const std::string& name, LockScope scope, std::string_view mode,
           const std::string& place, const std::string& below) {
  lock.text = fmt::format("{}@{} ({}", printable(name), name_of(scope), mode);
  if (scope == LockScope::project || scope == LockScope::build) {
    lock.text += ", " + printable(place);
  }
  if (!below.empty()) lock.text += ", inside " + printable(below);
  lock.text += ")\n";
  lock.json = {{"name", valid_utf8(name)},
               {"scope", name_of(scope)},
               {"mode", mode},
               {"place", valid_utf8(place)}};
  if (!below.empty()) lock.json["below"] = valid_utf8(below);
  lock.json["holders"] = Json::array();
  lock.json["waiters"] = Json::array();
}

void add_holder(ListedLock& lock, ListedParty party) {
  lock.text += fmt::format("  held {}\n", party.held);
  lock.json["holders"].push_back(std::move(party.json));
}

void add_waiter(ListedLock& lock, ListedParty party) {
  Json& waiters = lock.json["waiters"];
  lock.text += fmt::format("  {}. {}\n", waiters.size() + 1, party.waits);
  waiters.push_back(std::move(party.json));
}

}  // namespace

ListedLock::ListedLock(const os::SurveyedLock& lock) {
  begin(*this, lock.name, lock.scope, mode_of(lock), lock.scope_directory, lock.below);
  for (const LockParty& holder : lock.holders) add_holder(*this, listed(holder));
  for (const os::FlockHolder& one : lock.strangers) add_holder(*this, listed(one));
  for (const LockParty& waiter : lock.waiters) add_waiter(*this, listed(waiter));
  if (lock.tickets > lock.waiters.size()) {
    text += fmt::format("  {} more wait\n", lock.tickets - lock.waiters.size());
  }
  json["waiting"] = lock.tickets;
}

ListedLock::ListedLock(const ClusterQueue& queue) {
  begin(*this, queue.name, LockScope::cluster, name_of(queue.parties.front().mode), "cluster",
        queue.below);
  for (std::size_t i = 0; i < queue.parties.size(); ++i) {
    const bool has_it = cluster::is_holder(queue.parties, i);
    (has_it ? add_holder : add_waiter)(*this, listed(queue.parties[i]));
  }
  json["waiting"] = json["waiters"].size();
}

std::string describe_locks(const std::vector<ListedLock>& locks) {
  return separated(locks, "", &ListedLock::text);
}

nlohmann::ordered_json json_of(const std::vector<ListedLock>& locks) {
  return collected(locks, &ListedLock::json);
}

}  // namespace holdfast::cli
