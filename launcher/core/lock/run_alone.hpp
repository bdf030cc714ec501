// The lock by which an attempt runs with nothing beside it: `retry-alone` of holdfast.toml. If a
// project sets `retry-alone` for any test, each test of the project holds the lock shared. An
// attempt that runs alone holds the lock exclusively.
#pragma once

#include <vector>

#include "core/lock/lock_spec.hpp"

namespace holdfast {

inline constexpr const char* k_retry_alone_lock = "RETRY_ALONE";

inline LockSpec retry_alone_lock() {
  return {.name = k_retry_alone_lock, .mode = LockMode::shared, .scope = LockScope::build};
}

// Makes that lock exclusive, if it is among `locks`.
inline void have_to_itself(std::vector<LockSpec>& locks) {
  for (LockSpec& lock : locks) {
    if (lock.name == k_retry_alone_lock && lock.scope == LockScope::build) {
      lock.mode = LockMode::exclusive;
    }
  }
}

}  // namespace holdfast
