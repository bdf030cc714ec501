// Fork isolation: this process has done its start-up and forks one process per case.
//
// Hazards. Every case begins with a copy of what start-up made: memory is its own, but files that
// are open have one offset and connections one peer for all (docs/guide/gtest.md says so to users),
// and threads and timers are not copied at all (fork_obstacles.hpp: refused). What is still in a
// buffer when a process forks would be written once by each copy: flushed before. A case must not
// be taken for this process: getpid() is asked anew (reporter.hpp).
#pragma once

#include <string>

#include "packets.hpp"

namespace holdfast {
namespace gtest_support {

// What a process is when serve() returns in it.
struct Served {
  // The process of this case, with its report socket; empty: the server, with nothing left to do.
  std::string test;
  Descriptor report;
};

// Serves until exec wants no more, and returns in the process of each case and in the end in this
// one. `launcher`: the path of holdfast-launcher; `grace_ms`: for what a case leaves behind.
Served serve(Descriptor socket, const std::string& launcher, const std::string& grace_ms);

}  // namespace gtest_support
}  // namespace holdfast
