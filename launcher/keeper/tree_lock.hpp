// Locks whose files are in the build tree, below .holdfast: whoever may write to the tree may take
// them.
#pragma once

#include <string>
#include <string_view>

#include "core/held_locks.hpp"
#include "core/lock_spec.hpp"
#include "core/result.hpp"
#include "os/lock_file.hpp"

namespace holdfast {

// `directory`: of its files, from the tree on (core/names.hpp); made where it is missing.
Result<os::LockRequest> open_tree_lock(const std::string& tree, std::string_view directory,
                                       const LockSpec& spec, const LockLevel& level = {});

}  // namespace holdfast
