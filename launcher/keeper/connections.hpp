// Who is connected to the keeper: launchers with their guards, and `holdfast end`.
#pragma once

#include <string>
#include <vector>

#include "core/attach.hpp"
#include "core/policy.hpp"
#include "os/unique_fd.hpp"

namespace holdfast {

struct Connection {
  os::UniqueFd socket;
  std::string attempt;  // empty: has not asked for one
  std::string test;
  std::string key;
  ProcessName launcher;
  Milliseconds grace = k_default_grace;
  Milliseconds soonest_end = k_longest;  // core/ctest_limits.hpp
  std::string scratch;                   // lent to the attempt; empty: none, or given back
  bool farewell = false;                 // the attempt is over and recorded
  os::UniqueFd launcher_life;            // its pidfd, while the attempt goes on
  Milliseconds guard_until = k_longest;  // when a guard without launcher is to be through
  std::vector<os::UniqueFd> locks;       // duplicates: they keep the attempt's locks
  os::UniqueFd contained;  // of its cgroup or of the first process of its PID namespace
  std::string cgroup;      // its name; empty: it has none
};

}  // namespace holdfast
