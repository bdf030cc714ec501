// Isolation `fork`: this process has done its start-up, and each case runs in a copy of it.
//
// Hazards. Memory is the case's own. But an open file has one offset for all cases, and a
// connection one peer (docs/guide/gtest.md tells users so). Threads and timers are not copied at
// all: fork_obstacles.hpp refuses them. Each copy would write what was in a buffer when it was
// forked, so buffers are flushed before. Each case makes a reporter of its own: one from before the
// fork would say nothing there (own_process.hpp).
#pragma once

#include <string>

#include "packets.hpp"

namespace holdfast {
namespace gtest_support {

// The role of the process in which serve() returns.
struct Served {
  // The case of this process, which then has a report socket. Empty: this is the server, and it has
  // nothing left to do.
  std::string test;
  Descriptor report;
};

// Serves until exec sends no more cases. Returns once in the process of each case, and at the end
// in this process. `launcher` is the path of holdfast-launcher. `grace_ms` is for processes that a
// case leaves behind.
Served serve(Descriptor socket, const std::string& launcher, const std::string& grace_ms);

}  // namespace gtest_support
}  // namespace holdfast
