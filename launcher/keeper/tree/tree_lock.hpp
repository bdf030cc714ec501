// Locks whose files are in the build tree, below .holdfast. Everybody who may write to the tree may
// take them.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/lock/held_locks.hpp"
#include "core/lock/lock_spec.hpp"
#include "os/lock/lock_file.hpp"

namespace holdfast {

// `directory`: where the files are, from the tree on (core/base/names.hpp). Made if missing.
Result<os::LockRequest> open_tree_lock(const std::string& tree, std::string_view directory,
                                       const LockSpec& spec, const LockLevel& level = {});

}  // namespace holdfast
