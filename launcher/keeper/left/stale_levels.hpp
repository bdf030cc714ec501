// What was locked below attempts whose launcher was killed (docs/guide/locks.md, nested runs): only
// it knows when they are over.
#pragma once

#include "core/lock/lock_place.hpp"

namespace holdfast {

// Removes, of the locks of that tree and project, what nobody below an attempt has or wants now.
// Who comes to it at that moment makes it again.
void remove_stale_levels(const LockHome& home);

// The same of all locks of this user.
void remove_all_stale_levels();

}  // namespace holdfast
