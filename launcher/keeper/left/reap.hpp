// Ends what earlier runs of a build tree left, for `holdfast reap` and for the sweep before a run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/settings/policy.hpp"
#include "keeper/left/reap_scope.hpp"

namespace holdfast {

struct LeftBehind {
  os::NamedProcess process;
  std::string test;
  std::string run;
};

struct ReapOrder {
  std::filesystem::path tree;  // absolute, without links
  LetGo let_go = LetGo::end;
  Milliseconds grace = k_default_grace;
};

// Returns the living processes of abandoned attempts (reap_scope.hpp). Leaves out this process, its
// ancestors, and processes of a living run or of another tree. Also leaves out processes in another
// PID namespace: a container may share the tree, and its ctest cannot be seen from here.
std::vector<LeftBehind> find_left_behind(const ReapOrder& order);

struct Reaped {
  std::vector<LeftBehind> found;
  std::vector<LeftBehind> survivors;  // in uninterruptible sleep, or of another user
};

// Sends SIGINT and, after the grace, SIGKILL. Blocks until nobody is left, at most five seconds
// after SIGKILL.
Reaped reap_left_behind(const ReapOrder& order);

// Returns one line such as `2 processes: sleep (pid 12, test "x", run 12-20261120-084053-1234), …`.
std::string describe(const std::vector<LeftBehind>& processes);

}  // namespace holdfast
