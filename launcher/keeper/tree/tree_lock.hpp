// Locks whose files are in the build tree, below .holdfast. Every user who may write to the tree
// may take such a lock.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/lock/held_locks.hpp"
#include "core/lock/lock_spec.hpp"
#include "os/lock/lock_file.hpp"

namespace holdfast {

// `directory`: the path of the lock's files, relative to the tree (core/base/names.hpp). It is made
// if it is missing.
Result<os::LockRequest> open_tree_lock(const std::string& tree, std::string_view directory,
                                       const LockSpec& spec, const LockLevel& level = {});

}  // namespace holdfast
