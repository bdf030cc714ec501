#include "core/lock/tests_apart.hpp"

#include <string>

#include "core/lock/held_locks.hpp"

namespace holdfast {

LockSpec lock_of_test(std::string_view key) {
  return {.name = "TEST " + std::string(key), .scope = LockScope::build};
}

std::vector<LockSpec> locks_that_keep_apart(std::string_view key, bool run_serial) {
  const LockSpec serial{.name = std::string(k_run_serial_lock),
                        .mode = run_serial ? LockMode::exclusive : LockMode::shared,
                        .scope = LockScope::build};
  return {serial, lock_of_test(key)};
}

}  // namespace holdfast
