// The keeper's loop: answers launchers and `holdfast end` until ctest has ended.
#pragma once

#include <functional>
#include <string>

#include "os/file/descriptors.hpp"
#include "run/keeper_socket.hpp"

namespace holdfast {

// `listener` listens at `path`; `ctest` is ctest's pidfd. `begun` is called before the first turn,
// when the run has begun if it begins before the first test. Blocks until ctest has ended or goes
// on with another tree, and the run is recorded. Then removes `path` and ends the process. Only
// with the process its connections end: a keeper for another tree waits for that, and listens at
// the same path.
[[noreturn]] void serve_as_keeper(const KeeperOrder& order, const std::string& path,
                                  os::UniqueFd listener, os::UniqueFd ctest,
                                  const std::function<void()>& begun);

}  // namespace holdfast
