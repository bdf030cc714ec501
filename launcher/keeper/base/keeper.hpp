// The keeper: one process per ctest and build tree. It resolves policy for every attempt, gives
// runs and attempts their names, prints lines for people on ctest's stderr, and ends with ctest.
//
// It holds nothing that a test needs to end well: killed, it costs records and lines.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "settings/project_settings.hpp"

namespace holdfast {

// Whether tests of other runs may be at work in the tree, which ours are to be kept apart from.
enum class Company : std::uint8_t { none, possible };

struct KeeperOrder {
  std::string tree;
  std::string project;
  ProcessName ctest;
  // By `holdfast end`, at POST_TEST, or by the keeper, when ctest has ended: nobody runs `holdfast
  // end` where a test file has the run begun, or the first launcher.
  enum class SummaryBy : std::uint8_t { end, keeper } summary_by = SummaryBy::keeper;
  // The run's lock on its tree (run_lock.hpp), which the keeper holds until it ends; -1: none.
  int run_lock = -1;
  bool shares_tree = false;  // by that lock
  Company company = Company::none;
  std::string lock_trouble = {};  // why there is none, where that is to be said
  std::string inside = {};        // the run one of whose tests started ctest; empty: none
  // With an error every test of the run is refused, and says it.
  Result<ProjectSettings> settings = ProjectSettings{};
};

// Starts a keeper for that ctest as a process of its own, in a session of its own. Returns when
// one listens: this one, or one that was there already.
Result<void> start_keeper(const KeeperOrder& order);

}  // namespace holdfast
