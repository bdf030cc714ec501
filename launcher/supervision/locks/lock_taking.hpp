// Takes an attempt's locks, one after the other in canonical order, and tells every wait.
#pragma once

#include <cstdint>
#include <vector>

#include "core/lock/held_locks.hpp"
#include "core/lock/lock_wait.hpp"
#include "core/settings/policy.hpp"
#include "os/lock/lock_file.hpp"
#include "supervision/base/surroundings.hpp"
#include "supervision/base/teller.hpp"
#include "supervision/locks/taken_locks.hpp"

namespace holdfast::supervision {

// The attempt for which locks are taken.
struct LockTaker {
  const LockHome& home;
  HeldLocks& above;  // gets what is found out on the way
  const LockParty& self;
};

// Blocks until all locks are taken, the policy's lock timeout is over, a signal that ends tests
// arrives, or ctest dies. Unless it gets all, it releases those that it has.
TakenLocks take_locks(const Policy& policy, const LockTaker& taker, Surroundings& around,
                      KeeperLink& keeper, Teller& teller);

}  // namespace holdfast::supervision
