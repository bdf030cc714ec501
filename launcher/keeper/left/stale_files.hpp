// Files in the user's directory whose owner was killed: sockets of keepers, scratch directories of
// `holdfast run`, and lock files below attempts (docs/guide/locks.md, nested runs).
#pragma once

#include "core/lock/lock_place.hpp"

namespace holdfast {

// Removes all sockets in the directory of keepers whose ctest is gone. It leaves alone a name that
// is not a keeper's.
void remove_stale_sockets();

// Removes the scratch directories that are empty and whose launcher is gone. A directory that holds
// something is evidence and stays.
void remove_stale_scratch();

// Removes the lock files below attempts that nobody has or wants now, for the locks of that tree
// and project. Only the launcher of such an attempt knows when nobody needs them, and it is dead. A
// process that needs one at that moment makes it again.
void remove_stale_levels(const LockHome& home);
// Does the same for all locks of this user.
void remove_all_stale_levels();

}  // namespace holdfast
