// The lock by which an attempt has nothing beside it: `retry-alone` of holdfast.toml. Where a
// project says that of any test, each of its tests has the lock, shared; such an attempt has it for
// itself.
#pragma once

#include <vector>

#include "core/lock/lock_spec.hpp"

namespace holdfast {

inline constexpr const char* k_retry_alone_lock = "RETRY_ALONE";

// Of the build tree, with others.
LockSpec retry_alone_lock();

// Makes it exclusive, where it is among them.
void have_to_itself(std::vector<LockSpec>& locks);

}  // namespace holdfast
