// The locks that an attempt's policy names, taken in its name.
#pragma once

#include "core/lock/held_locks.hpp"
#include "supervision/base/keeper_link.hpp"
#include "supervision/base/surroundings.hpp"
#include "supervision/base/teller.hpp"
#include "supervision/grant/grant.hpp"
#include "supervision/locks/lock_taking.hpp"

namespace holdfast::supervision {

// As take_locks(). The policy's locks become those that they stand for at the grant's home; `above`
// has what was found out on the way.
TakenLocks take_attempts_locks(Grant& grant, HeldLocks& above, Surroundings& around,
                               KeeperLink& keeper, Teller& teller);

}  // namespace holdfast::supervision
