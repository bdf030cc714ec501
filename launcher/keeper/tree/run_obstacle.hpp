// What stands between a run and its build tree, in words and as a decision.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/lock/lock_wait.hpp"

namespace holdfast {

// What is known of the lock on the tree.
struct RunObstacles {
  std::vector<LockParty> holders;
  std::vector<LockParty> waiters;         // in the order of the queue
  LockMode wanted = LockMode::exclusive;  // how we want it
  std::int64_t ticket = 0;                // our place in the queue
};

// Returns a text such as `"ctest -j8" (pid 4711, for 4.2 s)`.
std::string describe_run(const LockParty& run, std::int64_t now_unix_ms);

// Names the run that has the tree, or a run that waits before us to have the tree alone.
std::string describe_run_obstacle(const RunObstacles& obstacles, std::int64_t now_unix_ms);

// True: the record of the run names the tree by this path. A run that names the tree by another
// path (a bind mount) uses other locks of scope `build`, so nothing would keep the tests of the two
// runs apart.
bool names_tree(const LockParty& run, std::string_view tree);

// True: `one` is among `parties`. The same pid in another PID namespace is another process.
bool is_among(const std::vector<LockParty>& parties, const LockParty& one);

}  // namespace holdfast
