// The lock by which an attempt runs with nothing beside it: `retry-alone` of holdfast.toml. If a
// project sets that for any test, each of its tests holds the lock shared. An attempt that is to
// run alone holds it exclusively.
#pragma once

#include <vector>

#include "core/lock/lock_spec.hpp"

namespace holdfast {

inline constexpr const char* k_retry_alone_lock = "RETRY_ALONE";

// In the scope `build`, shared.
LockSpec retry_alone_lock();

// Makes that lock exclusive, if it is among `locks`.
void have_to_itself(std::vector<LockSpec>& locks);

}  // namespace holdfast
