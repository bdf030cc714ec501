// The runs that are going on, and their tests.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/process_name.hpp"
#include "journal/records.hpp"
#include "journal/run_directory.hpp"
#include "settings/wire.hpp"

namespace holdfast {

struct LiveTest {
  std::string test;
  std::string attempt;
  std::int64_t launcher = 0;  // its pid
  double since = 0;           // seconds since 1970
};

// What its keeper says of it, and what its journal says.
struct LiveRun : wire::Status {
  double since = 0;
  // If true, the pids are those of that namespace, and launchers cannot be looked up.
  bool is_in_other_pid_namespace = false;
  std::vector<LiveTest> tests = {};  // in the order of their start
};

// Adds the tests that have begun and not ended according to the records, and whose launchers live.
// A launcher in another PID namespace than `numbering` (os::numbering_id()) cannot be seen and
// counts as alive.
void take_records(const std::vector<Record>& records, const std::string& numbering,
                  const std::function<bool(const ProcessName&)>& is_alive, LiveRun& run);

// True: the run began before the boot `boot`, so nothing of it can be alive.
bool is_of_another_boot(const RunStarted& started, const std::string& boot);

// Returns the runs of this user whose keeper answers. A keeper that has begun no run yet gives no
// name.
std::vector<LiveRun> find_live_runs();

// Asks the keeper of this ctest which tests wait. None: no keeper has answered in half a second.
std::optional<std::vector<wire::LiveWait>> waits_of(const ProcessName& ctest);

// Returns the last run of a tree, if its ctest is alive. If that ctest is in another PID namespace,
// the tree's lock shows whether it is alive. This is for a run whose keeper was killed or has a
// /tmp of its own.
std::vector<LiveRun> find_live_run_of(const std::string& tree);

// True: a lock or a keeper shows that somebody is at work for a run of `tree`, in any PID
// namespace. Nothing: we may not look at the lock. For another namespace, `false` proves nothing:
// killed supervisors may have left processes there, and a run without the tree's lock may have its
// keeper in another /tmp.
std::optional<bool> is_witnessed(const RunStarted& started, const std::string& tree);

// True: the run goes on. Its end is not on record, and its ctest lives. For a ctest in another PID
// namespace of this boot, is_witnessed() decides. If ctest has just ended, waits some seconds at
// most for the keeper to record the end.
bool is_going_on(const RunEntry& run);

}  // namespace holdfast
