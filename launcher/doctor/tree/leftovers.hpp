// What earlier runs of the build tree left.
#pragma once

#include <string>
#include <vector>

#include "doctor/base/finding.hpp"
#include "keeper/left/dead_runs.hpp"
#include "keeper/left/reap.hpp"

namespace holdfast::doctor {

struct Leftovers {
  std::string tree;
  std::vector<LeftBehind> unwanted = {};  // `holdfast begin` would end them
  std::vector<LeftBehind> let_go = {};    // a test was allowed to leave them
  std::vector<DeadRun> dead = {};
  std::vector<std::string> lost_services = {};  // kept by hand, and nobody supervises them
  std::vector<std::string> markers = {};        // marker directories of runs that do not go on
  std::string last_run = {};                    // its id
  std::vector<std::string> troubles = {};       // warnings and errors in its log
  // What cannot be looked at, in words: a run has the tree, or nobody can tell.
  std::string unseen = {};
};

// Ends nothing and removes nothing.
Leftovers look_at_leftovers(const std::string& tree);
Findings check_leftovers(const Leftovers& left);

}  // namespace holdfast::doctor
