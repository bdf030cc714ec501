// Files in the user's directory whose owner was killed: sockets of keepers, scratch directories of
// `holdfast run`, and lock files below attempts (docs/reference/locks.md, nested runs).
#pragma once

#include "values/lock_spec.hpp"

namespace holdfast {

// Removes all sockets in the directory of keepers whose ctest is gone. A socket whose name is not a
// keeper's stays.
void remove_stale_sockets();

// Removes the scratch directories that are empty and whose launcher is gone, and each such /tmp
// that holds only directories. What holds a file is evidence and stays. A /tmp whose scratch
// directory was removed goes after a day.
void remove_stale_scratch();

// Removes the lock files below attempts, for the locks of that tree and project, if nobody has or
// wants those locks now. Usually the attempt's launcher removes these files, but it was killed. A
// process that needs such a file at this moment makes it again.
void remove_stale_levels(const LockHome& home);
// Does the same for all locks of this user.
void remove_all_stale_levels();

}  // namespace holdfast
