// Nested runs that wait for one another in a circle: found from what the locks' records say.
#pragma once

#include <string>
#include <vector>

#include "core/lock_wait.hpp"

namespace holdfast {

// A lock that is in use, as far as those who use it left records.
struct LockUse {
  std::string lock;  // as told to people: `db@project`
  std::vector<LockParty> holders;
  std::vector<LockParty> waiters;
};

// One who waits, for what, and who has it.
struct LockCycleStep {
  LockParty waiter;
  std::string lock;
  LockParty holder;
};

// The circle that `waiter` is part of while it waits for a lock that `holders` have. Whoever waits
// keeps all attempts around it waiting, and so everything these hold. The last step's holder is one
// that `waiter` is inside of. Empty: there is none.
std::vector<LockCycleStep> find_lock_cycle(const LockParty& waiter, const LockUse& wanted,
                                           const std::vector<LockUse>& all);

// `"a" (pid 1) waits for x@user, held by "b" (pid 2), in which "c" (pid 3) waits for y@user, held
// by "d" (pid 4), which is around "a"`
std::string describe_lock_cycle(const std::vector<LockCycleStep>& cycle);

}  // namespace holdfast
