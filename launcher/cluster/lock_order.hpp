// Whose turn it is for a lock of scope `cluster`, decided from one look at all its keys.
//
// The order is that of create revisions, over all machines. A party has the lock as soon as those
// before it leave room for it; nobody overtakes. The parties before it can only go away, so a party
// that has the lock keeps it until its key is gone. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "values/cluster_settings.hpp"
#include "values/held_locks.hpp"

namespace holdfast::cluster {

// Where etcd has the locks of scope `cluster`: `holdfast/locks/<name>/<level>/<unique>`, one key
// for each holder and waiter. The name is encoded as a file name. The level is `top`, or the
// attempt below which nested runs take the lock.
inline constexpr std::string_view k_locks_prefix = "holdfast/locks/";

// Ends with `/`. `level` is an attempt. Empty: the top.
std::string prefix_of_level(std::string_view name, std::string_view level);

// Returns the end of the range of all keys that begin with `prefix`, which must not be empty.
std::string range_end(std::string prefix);

struct LockKey {
  std::string name;
  std::string level;  // empty: the top
};
// Returns none if it is no key of a lock.
std::optional<LockKey> parse_lock_key(std::string_view key);

struct LockTurn {
  enum class Kind : std::uint8_t {
    has_it,
    waits_for_one,  // look again when the key of queue[other] changes or goes
    waits_for_any,  // look again when any key goes
    refused,        // the lock has another size: queue[other] says so
  };
  Kind kind = Kind::has_it;
  std::size_t other = 0;
  std::vector<unsigned> slots;  // with has_it, of a counted lock

  friend bool operator==(const LockTurn&, const LockTurn&) = default;
};

// `queue` has all holders and waiters, by create revision, and `own` is the place of one of them. A
// waiter for units has its turn only when those before it have noted what they have. `level`: the
// part that there is to have of the lock.
LockTurn turn_of(const std::vector<ClusterParty>& queue, std::size_t own, const LockLevel& level);

// Whether `queue[at]` has the lock, as far as one can tell from outside.
bool is_holder(const std::vector<ClusterParty>& queue, std::size_t at);

// Says for people what `queue[own]` waits for. `lock` is a text such as `db@cluster`.
std::string describe_obstacles(std::string_view lock, const std::vector<ClusterParty>& queue,
                               std::size_t own);

}  // namespace holdfast::cluster
