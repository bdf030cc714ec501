// The keeper's loop: answers launchers and `holdfast end` until ctest has ended.
#pragma once

#include <functional>

#include "os/file/descriptors.hpp"
#include "run/keeper_socket.hpp"

namespace holdfast {

// Blocks until ctest has ended or goes on with another tree, and the run is recorded. `ctest`: its
// pidfd. `begun` is called before the first turn, when the run has begun that ctest need not begin.
void serve_as_keeper(const KeeperOrder& order, os::UniqueFd listener, os::UniqueFd ctest,
                     const std::function<void()>& begun);

}  // namespace holdfast
