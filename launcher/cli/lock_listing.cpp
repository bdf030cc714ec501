#include "cli/lock_listing.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "core/base/printable.hpp"
#include "core/base/utf8.hpp"
#include "os/file/clock.hpp"

namespace holdfast::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string mode_of(const LockParty& party) {
  return party.mode == LockMode::exclusive ? "exclusive" : how_of(party);
}

// The mode in which the lock is held. If nobody holds it, the mode in which its first waiter wants
// it.
std::string mode_of(const os::SurveyedLock& lock) {
  if (lock.holders.empty() && (!lock.strangers.empty() || lock.waiters.empty())) return "exclusive";
  const LockParty& first = lock.holders.empty() ? lock.waiters.front() : lock.holders.front();
  if (first.mode == LockMode::amount) return "amount";
  return first.mode == LockMode::counted ? "counted" : mode_of(first);
}

std::string age_of(const LockParty& party) {
  return describe(Milliseconds{std::max<std::int64_t>(0, os::unix_now_ms() - party.since_unix_ms)});
}

Json party_json(const LockParty& party) {
  Json object;
  object["pid"] = party.process.pid;
  object["test"] = valid_utf8(party.test);
  object["tree"] = valid_utf8(party.tree);
  object["since"] = static_cast<double>(party.since_unix_ms) / 1000;
  object["mode"] = mode_of(party);
  if (!party.slots.empty()) object["slots"] = party.slots;
  if (!party.attempt.empty()) object["attempt"] = valid_utf8(party.attempt);
  object["stopped"] = party.stopped;
  if (party.elsewhere) object["other_pid_namespace"] = true;
  return object;
}

// A holder by flock(1). It leaves no record, so little is known of it.
Json stranger_json(const os::FlockHolder& stranger) {
  Json object;
  object["pid"] = stranger.pid;
  object["test"] = valid_utf8(stranger.command);
  object["tree"] = "";
  object["since"] = nullptr;
  object["mode"] = "flock";
  object["stopped"] = false;
  return object;
}

std::string describe_one(const os::SurveyedLock& lock) {
  std::string text =
      fmt::format("{}@{} ({}", printable(lock.name), name_of(lock.scope), mode_of(lock));
  if (lock.scope == LockScope::project || lock.scope == LockScope::build) {
    text += ", " + printable(lock.scope_directory);
  }
  if (!lock.below.empty()) text += ", inside " + printable(lock.below);
  text += ")\n";
  for (const LockParty& holder : lock.holders) {
    text += fmt::format("  held by {} for {}", describe_party(holder), age_of(holder));
    if (!holder.slots.empty()) text += fmt::format(", slots {}", to_text(holder.slots));
    text += '\n';
  }
  for (const os::FlockHolder& one : lock.strangers) {
    text += fmt::format("  held without a record by \"{}\" (pid {})\n", printable(one.command),
                        one.pid);
  }
  for (std::size_t i = 0; i < lock.waiters.size(); ++i) {
    const LockParty& waiter = lock.waiters[i];
    text += fmt::format("  {}. {} waits for {} ({})\n", i + 1, describe_party(waiter),
                        age_of(waiter), mode_of(waiter));
  }
  if (lock.tickets > lock.waiters.size()) {
    text += fmt::format("  {} more wait\n", lock.tickets - lock.waiters.size());
  }
  return text;
}

}  // namespace

std::string describe_locks(const std::vector<os::SurveyedLock>& locks) {
  std::string text;
  for (const os::SurveyedLock& lock : locks) text += describe_one(lock);
  return text;
}

nlohmann::ordered_json json_of(const std::vector<os::SurveyedLock>& locks) {
  Json list = Json::array();
  for (const os::SurveyedLock& lock : locks) {
    Json object;
    object["name"] = valid_utf8(lock.name);
    object["scope"] = std::string(name_of(lock.scope));
    object["mode"] = mode_of(lock);
    object["place"] = valid_utf8(lock.scope_directory);
    if (!lock.below.empty()) object["below"] = valid_utf8(lock.below);
    object["holders"] = Json::array();
    for (const LockParty& holder : lock.holders) object["holders"].push_back(party_json(holder));
    for (const os::FlockHolder& one : lock.strangers) {
      object["holders"].push_back(stranger_json(one));
    }
    object["waiters"] = Json::array();
    for (const LockParty& waiter : lock.waiters) object["waiters"].push_back(party_json(waiter));
    object["waiting"] = lock.tickets;
    list.push_back(std::move(object));
  }
  return list;
}

}  // namespace holdfast::cli
