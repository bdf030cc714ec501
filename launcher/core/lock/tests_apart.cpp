#include "core/lock/tests_apart.hpp"

#include <string>

#include "core/lock/held_locks.hpp"

namespace holdfast {

LockSpec lock_of_test(std::string_view key) {
  LockSpec test;
  test.name = "TEST " + std::string(key);
  test.scope = LockScope::build;
  return test;
}

std::vector<LockSpec> locks_that_keep_apart(std::string_view key, bool run_serial) {
  LockSpec serial;
  serial.name = k_run_serial_lock;
  serial.scope = LockScope::build;
  serial.mode = run_serial ? LockMode::exclusive : LockMode::shared;
  return {serial, lock_of_test(key)};
}

}  // namespace holdfast
