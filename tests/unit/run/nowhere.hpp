// A run whose tree cannot be written to: it has names and decisions, and nothing of it is on disk.
#pragma once

#include "run/run.hpp"
#include "run/run_lines.hpp"

namespace holdfast {

// Below /proc nobody can make a directory.
inline constexpr const char* k_tree_nowhere = "/proc/no-such-tree";

// No process has this number, so no line gets anywhere.
inline constexpr ProcessName k_no_ctest{0, 0};

inline RunOrigin origin_nowhere() {
  RunOrigin origin;
  origin.tree = k_tree_nowhere;
  origin.ctest = {4711, 99};
  return origin;
}

// In a test body `Run` would be a member of testing::Test.
inline Run begun(const RunOrigin& origin = origin_nowhere(), unsigned number = 1) {
  return Run::begin(origin, number);
}

}  // namespace holdfast
