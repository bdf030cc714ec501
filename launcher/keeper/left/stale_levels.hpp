// Lock files below attempts whose launcher was killed (docs/guide/locks.md, nested runs). Only that
// launcher knows when nobody needs them.
#pragma once

#include "core/lock/lock_place.hpp"

namespace holdfast {

// Removes the lock files below attempts that nobody has or wants now, for the locks of that tree
// and project. A process that needs one at that moment makes it again.
void remove_stale_levels(const LockHome& home);

// Does the same for all locks of this user.
void remove_all_stale_levels();

}  // namespace holdfast
