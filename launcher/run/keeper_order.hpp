// What a keeper is told when it starts.
//
// The keeper: one process per ctest and build tree. It resolves policy for every attempt, gives
// runs and attempts their names, prints lines for people on ctest's stderr, and ends with ctest.
//
// A test can end well without the keeper. If the keeper is killed, only records and lines are lost.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/process_name.hpp"
#include "base/result.hpp"
#include "settings/project_settings.hpp"
#include "values/report_request.hpp"

namespace holdfast {

// Whether other runs may be at work in the tree. If so, our tests must be kept apart from theirs.
enum class Company : std::uint8_t { none, possible };

// Runs that have ended, whoever noticed: `holdfast end`, or the keeper if nobody started that.
struct EndedRuns {
  std::string tree;
  std::string first;  // the ids of its first and its last run
  std::string last;
  std::vector<ReportRequest> reports;  // wanted by the settings
};

struct SaidAtEnd {
  std::string text;     // to be printed as it is
  std::string trouble;  // what went wrong, for people
};

struct KeeperOrder {
  std::string tree;
  ProcessName ctest;
  // Who prints the summary: `holdfast end` at POST_TEST, or the keeper when ctest has ended. If a
  // test file or the first launcher begins the run, nobody starts `holdfast end`.
  enum class SummaryBy : std::uint8_t { end, keeper } summary_by = SummaryBy::keeper;
  // The run's lock on its tree (run_lock.hpp). The keeper holds it until it ends; -1: none.
  int run_lock = -1;
  bool shares_tree = false;  // the lock is shared
  Company company = Company::none;
  std::string lock_trouble = {};   // why there is no lock, if users should know
  std::string inside = {};         // the run whose test started ctest; empty: none
  std::string directory = {};      // in which ctest looks for its tests; empty: not known
  std::string configuration = {};  // of ctest's tests (`ctest -C`); empty: none was said
  std::string planned = {};        // records of the tests that were chosen for the first run
  // What else is done after the runs. Called once in the keeper's process, when ctest has ended.
  std::function<SaidAtEnd(const EndedRuns&)> after_runs = {};
  // If this is an error, every test of the run is refused and reports the error.
  Result<ProjectSettings> settings = ProjectSettings{};
};

}  // namespace holdfast
