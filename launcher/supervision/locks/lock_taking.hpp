// Takes an attempt's locks, one after the other in canonical order, and tells every wait. Then
// chooses its TCP ports.
#pragma once

#include "core/lock/held_locks.hpp"
#include "supervision/base/keeper_link.hpp"
#include "supervision/base/surroundings.hpp"
#include "supervision/base/teller.hpp"
#include "supervision/grant/grant.hpp"
#include "supervision/locks/taken_locks.hpp"

namespace holdfast::supervision {

// Takes the locks of the grant's policy. Blocks until all locks are taken, the policy's lock
// timeout is over, a signal that ends tests arrives, or ctest dies. Then takes as many ports as the
// policy says, without a wait. If it does not get everything, it releases what it has taken.
//
// Replaces the policy's locks by the locks that they mean at the grant's home. `above`: the locks
// that ancestors hold. This function adds those of them that it finds on the way. `cluster_door`:
// where connections for holdfast-etcd are sent; -1: nowhere.
TakenLocks take_locks(Grant& grant, HeldLocks& above, Surroundings& around, KeeperLink& keeper,
                      int cluster_door, Teller& teller);

// To be called when the locks of a command are let go. Waits a moment for holdfast-etcd, which
// gives its leases back: then it is nothing that the command has left, and the next command finds
// the lock free. A lost lease is not worth the wait. `door`: the connection with it; invalid: there
// is none.
void wait_for_release(const os::UniqueFd& door, Surroundings& around);

}  // namespace holdfast::supervision
