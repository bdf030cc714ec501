// Finds the processes of ours that look after the tests of a ctest.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "core/base/process_name.hpp"
#include "os/process/process.hpp"
#include "os/process/tagged_processes.hpp"
#include "store/records.hpp"

namespace holdfast {

// True: the environment, as in /proc/<pid>/environ, has an entry that starts with `beginning`.
bool has_entry_like(std::string_view environment, std::string_view beginning);

// True: the keeper of `ctest` exists. A stopped keeper counts.
bool has_keeper(const ProcessName& ctest);

// All runs of a ctest, or one: `ctest -S` has several.
struct RunOfCtest {
  ProcessName ctest;
  std::optional<unsigned> include_count = {};  // none: all
};

// Returns the launchers and guards of a run for which `is_meant` is true. Such a process has
// ctest's name in its environment (HOLDFAST_ATTACH). A test does not get that variable, and a ctest
// inside a test has another name.
using IsMeant = std::function<bool(pid_t pid, const os::ProcessStat& stat)>;
os::TaggedProcesses supervisors_of(const RunOfCtest& run, IsMeant is_meant);

bool is_launcher(const os::ProcessStat& stat);
bool is_guard(const os::ProcessStat& stat);
// True: the guard's launcher is dead or has become another program.
bool is_alone(const os::ProcessStat& guard);

// True: a launcher of `ctest` has died and its guard lives. Such a guard ends its test or keeps a
// fixture's leftovers.
bool has_guard_alone(const ProcessName& ctest);

}  // namespace holdfast
