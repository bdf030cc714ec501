// Who may own what this process relies on. Whoever owns a file decides what is in it, and whoever
// owns a link decides which file is meant.
#pragma once

#include <sys/types.h>
#include <unistd.h>

namespace holdfast::os {

// True: this user or root, who may do whatever this process may.
inline bool is_trusted_owner(uid_t owner) { return owner == 0 || owner == ::geteuid(); }

// True: one of these two, or `besides`: who owns the directory or the build tree that it is in, and
// can put anything there.
inline bool is_trusted_owner(uid_t owner, uid_t besides) {
  return owner == besides || is_trusted_owner(owner);
}

}  // namespace holdfast::os
