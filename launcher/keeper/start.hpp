// Starts keepers.
#pragma once

#include "base/result.hpp"
#include "run/keeper_socket.hpp"

namespace holdfast {

// Starts a keeper for the order's ctest as a process of its own, in a session of its own. Returns
// when a keeper listens: the new one, or one that was there already.
Result<void> start_keeper(const KeeperOrder& order);

}  // namespace holdfast
