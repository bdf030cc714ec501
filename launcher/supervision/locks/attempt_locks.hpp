// Takes the locks that an attempt's policy names, in the attempt's name.
#pragma once

#include "core/lock/held_locks.hpp"
#include "supervision/base/keeper_link.hpp"
#include "supervision/base/surroundings.hpp"
#include "supervision/base/teller.hpp"
#include "supervision/grant/grant.hpp"
#include "supervision/locks/lock_taking.hpp"

namespace holdfast::supervision {

// As take_locks(). The policy's locks are replaced by those that they mean at the grant's home.
// Adds to `above` what is found out on the way.
TakenLocks take_attempts_locks(Grant& grant, HeldLocks& above, Surroundings& around,
                               KeeperLink& keeper, Teller& teller);

}  // namespace holdfast::supervision
