// The lock by which an attempt runs with nothing beside it: `retry-alone` of holdfast.toml. If a
// project sets `retry-alone` for any test, each test of the project holds the lock shared. An
// attempt that runs alone holds the lock exclusively.
#pragma once

#include <algorithm>
#include <vector>

#include "core/lock/lock_spec.hpp"

namespace holdfast {

inline constexpr const char* k_retry_alone_lock = "RETRY_ALONE";

inline LockSpec retry_alone_lock() {
  return {.name = k_retry_alone_lock, .mode = LockMode::shared, .scope = LockScope::build};
}

inline bool is_retry_alone_lock(const LockSpec& lock) {
  return lock.name == k_retry_alone_lock && lock.scope == LockScope::build;
}

// Makes that lock exclusive, if it is among `locks`.
inline void have_to_itself(std::vector<LockSpec>& locks) {
  for (LockSpec& lock : locks) {
    if (is_retry_alone_lock(lock)) lock.mode = LockMode::exclusive;
  }
}

// Whether the attempt that holds `locks` runs alone.
inline bool has_to_itself(const std::vector<LockSpec>& locks) {
  return std::any_of(locks.begin(), locks.end(), [](const LockSpec& lock) {
    return is_retry_alone_lock(lock) && lock.mode == LockMode::exclusive;
  });
}

}  // namespace holdfast
