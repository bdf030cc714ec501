// The runs that are going on, and their tests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/process_name.hpp"
#include "store/records.hpp"
#include "store/run_directory.hpp"

namespace holdfast {

struct LiveTest {
  std::string test;
  std::string attempt;
  std::int64_t launcher = 0;  // pid
  double since = 0;           // seconds since 1970
};

struct LiveRun {
  std::string run;
  std::string tree;
  ProcessName ctest;
  double since = 0;
  // Its pids are numbers there, and its launchers cannot be looked up.
  bool is_in_other_pid_namespace = false;
  std::vector<LiveTest> tests;  // in the order of their start
};

// Those whose keeper answers: all of this user. One that has begun no run yet has no name.
std::vector<LiveRun> find_live_runs();

// The last run of a tree, if its ctest is alive, or, in another PID namespace, the tree's lock says
// so: for a tree whose keeper was killed, or has a /tmp of its own.
std::vector<LiveRun> find_live_run_of(const std::string& tree);

// Whether a lock or a keeper says that somebody is at work for a run of `tree`, in whichever PID
// namespace; nothing where the lock may not be looked at. No is no proof of another namespace: what
// was killed there may have left processes, and a run without the tree's lock may have its keepers
// in another /tmp.
std::optional<bool> is_witnessed(const RunStarted& started, const std::string& tree);

// Whether the run is going on: its ctest lives (of another PID namespace of this boot: it is
// witnessed), and its end is not on record. Of one whose ctest has just ended the keeper still
// writes down the end: it is waited for, some seconds at most.
bool is_going_on(const RunEntry& run);

}  // namespace holdfast
