// The locks that an attempt's policy names, taken in its name.
#pragma once

#include "core/held_locks.hpp"
#include "launcher/grant.hpp"
#include "launcher/keeper_link.hpp"
#include "launcher/lock_taking.hpp"
#include "launcher/surroundings.hpp"
#include "launcher/teller.hpp"

namespace holdfast::launcher {

// As take_locks(). The policy's locks become those that they stand for at the grant's home; `above`
// has what was found out on the way.
TakenLocks take_attempts_locks(Grant& grant, HeldLocks& above, Surroundings& around,
                               KeeperLink& keeper, Teller& teller);

}  // namespace holdfast::launcher
