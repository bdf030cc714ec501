#include "cluster/lock_order.hpp"

#include <algorithm>
#include <numeric>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace holdfast::cluster {
namespace {

constexpr std::string_view k_top = "top";
// Stands before the name of an attempt, so that no attempt's level is called `top`.
constexpr std::string_view k_below = "below-";

using Kind = LockTurn::Kind;

// Returns the slots that no party before `own` has, the smallest first.
std::vector<unsigned> free_slots(const std::vector<ClusterParty>& queue, std::size_t own,
                                 const LockLevel& level) {
  std::vector<unsigned> free = level.slots;
  if (free.empty()) {
    free.resize(std::min<std::uint64_t>(queue[own].size, k_most_slots));
    std::iota(free.begin(), free.end(), 0U);
  }
  std::ranges::sort(free);
  for (std::size_t i = 0; i < own; ++i) {
    for (const unsigned slot : queue[i].slots) std::erase(free, slot);
  }
  return free;
}

LockTurn turn_for_units(const std::vector<ClusterParty>& queue, std::size_t own,
                        const LockLevel& level) {
  const ClusterParty& self = queue[own];
  std::uint64_t taken = 0;
  for (std::size_t i = 0; i < own; ++i) {
    if (!has_units(queue[i].mode)) continue;
    if (queue[i].mode != self.mode || queue[i].size != self.size) return {Kind::refused, i, {}};
    taken += queue[i].units;
  }
  // A shared holder is in nobody's way here. The nearest of the other parties goes first. When it
  // has its part, it notes that, and so its key changes.
  for (std::size_t i = own; i-- > 0;) {
    if (queue[i].mode == LockMode::shared) continue;
    if (queue[i].mode == LockMode::exclusive || !queue[i].has_noted) {
      return {Kind::waits_for_one, i, {}};
    }
  }
  if (self.mode == LockMode::amount) {
    const std::uint64_t whole = level.amount != 0 ? level.amount : self.size;
    const bool fits = taken <= whole && self.units <= whole - taken;
    return {fits ? Kind::has_it : Kind::waits_for_any, 0, {}};
  }
  std::vector<unsigned> free = free_slots(queue, own, level);
  if (free.size() < self.units) return {Kind::waits_for_any, 0, {}};
  free.resize(static_cast<std::size_t>(self.units));
  return {Kind::has_it, 0, std::move(free)};
}

}  // namespace

std::string prefix_of_level(std::string_view name, std::string_view level) {
  const std::string lock = text_of({k_locks_prefix, encode_file_name(name), "/"});
  if (level.empty()) return text_of({lock, k_top, "/"});
  return text_of({lock, k_below, encode_file_name(level), "/"});
}

std::string range_end(std::string prefix) {
  // No byte of our keys is 0xff.
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

std::optional<LockKey> parse_lock_key(std::string_view key) {
  if (!key.starts_with(k_locks_prefix)) return std::nullopt;
  key.remove_prefix(k_locks_prefix.size());
  LockKey found;
  found.name = decode_file_name(take_part(key, '/'));
  const std::string_view level = take_part(key, '/');
  if (level.starts_with(k_below)) {
    found.level = decode_file_name(level.substr(k_below.size()));
  } else if (level != k_top) {
    return std::nullopt;
  }
  if (found.name.empty() || key.empty()) return std::nullopt;
  return found;
}

LockTurn turn_of(const std::vector<ClusterParty>& queue, std::size_t own, const LockLevel& level) {
  if (has_units(queue[own].mode)) return turn_for_units(queue, own, level);
  for (std::size_t i = own; i-- > 0;) {
    if (queue[own].mode == LockMode::exclusive || queue[i].mode == LockMode::exclusive) {
      return {Kind::waits_for_one, i, {}};
    }
  }
  return {};
}

bool is_holder(const std::vector<ClusterParty>& queue, std::size_t at) {
  if (has_units(queue[at].mode)) return queue[at].has_noted;
  return turn_of(queue, at, {}).kind == Kind::has_it;
}

std::string describe_obstacles(std::string_view lock, const std::vector<ClusterParty>& queue,
                               std::size_t own) {
  ObstacleWords words;
  for (std::size_t i = 0; i < own; ++i) {
    if (is_holder(queue, i)) {
      if (words.holders++ == 0) words.holder = describe_party(queue[i]);
    } else if (words.ahead++ == 0) {
      words.waiter = "first " + describe_party(queue[i]);
    }
  }
  return holdfast::describe_obstacles(lock, words);
}

}  // namespace holdfast::cluster
