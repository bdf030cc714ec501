// Where etcd has the locks of scope `cluster`: `holdfast/locks/<name>/<level>/<unique>`, one key
// for each holder and waiter. The name is encoded as a file name. The level is `top`, or the
// attempt below which nested runs take the lock.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::cluster {

inline constexpr std::string_view k_locks_prefix = "holdfast/locks/";

// Both end with `/`. `level` is an attempt. Empty: the top.
std::string prefix_of_lock(std::string_view name);
std::string prefix_of_level(std::string_view name, std::string_view level);

// Returns the end of the range of all keys that begin with `prefix`, which must not be empty.
std::string range_end(std::string prefix);

struct LockKey {
  std::string name;
  std::string level;  // empty: the top
};
// Returns none if it is no key of a lock.
std::optional<LockKey> parse_lock_key(std::string_view key);

}  // namespace holdfast::cluster
