// The locks by which runs that share a build tree keep their tests apart (docs/reference/locks.md).
// With these locks, no test runs twice at the same time, and no test of another run runs beside a
// test with RUN_SERIAL. Within one run, ctest itself sees to both.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/lock/held_locks.hpp"
#include "core/lock/lock_spec.hpp"

namespace holdfast {

// The lock that allows one execution of that test at a time.
inline LockSpec lock_of_test(std::string_view key) {
  return {.name = "TEST " + std::string(key), .scope = LockScope::build};
}

// All such locks of that test, in the scope `build`.
inline std::vector<LockSpec> locks_that_keep_apart(std::string_view key, bool run_serial) {
  const LockSpec serial{.name = std::string(k_run_serial_lock),
                        .mode = run_serial ? LockMode::exclusive : LockMode::shared,
                        .scope = LockScope::build};
  return {serial, lock_of_test(key)};
}

}  // namespace holdfast
