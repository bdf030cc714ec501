// Who is connected to the keeper: launchers with their guards, and `holdfast end`.
#pragma once

#include <string>
#include <vector>

#include "core/base/process_name.hpp"
#include "core/outcome/oom.hpp"
#include "core/settings/policy.hpp"
#include "core/settings/wire.hpp"
#include "keeper/base/guard_watch.hpp"
#include "os/file/unique_fd.hpp"
#include "os/process/stream_holders.hpp"

namespace holdfast {

struct Connection {
  os::UniqueFd socket;
  std::string attempt;  // empty: has not asked for one
  std::string test;
  std::string key;
  unsigned n = 1;       // which attempt of its launcher's it is at
  std::string program;  // path; empty: not known
  TestInputs inputs;
  bool is_stale = false;  // one of them is not what it was, which is recorded
  ProcessName launcher;
  os::Stream output;  // the test's stdout, of which ctest waits for the end
  Milliseconds grace = k_default_grace;
  Milliseconds soonest_end = k_longest;  // core/ctest/ctest_limits.hpp
  std::string scratch;                   // lent to the attempt; empty: none, or given back
  OomClaims::Start memory;               // as it was when the attempt began
  bool farewell = false;                 // the attempt is over and recorded
  os::UniqueFd launcher_life;            // its pidfd, while the attempt goes on
  Milliseconds guard_until = k_longest;  // when a guard without launcher is to be through
  GuardWatch guard;                      // while the attempt goes on
  std::vector<os::UniqueFd> locks;       // duplicates: they keep the attempt's locks
  os::UniqueFd contained;  // of its cgroup or of the first process of its PID namespace
  std::string cgroup;      // its name; empty: it has none

  // It has asked for an attempt and been granted one.
  void begin_attempt(const wire::AttemptRequest& request, const wire::AttemptGrant& granted);
  // An attempt is over and another follows: what was held for it goes.
  void begin_next(const std::string& id, const std::string& its_scratch);
  // Launcher or guard has said the last word on it: what was held for it goes.
  void end_attempt();
  // The launcher is dead: its guard ends the test in its time, unless it is stopped.
  void expect_end();
};

}  // namespace holdfast
