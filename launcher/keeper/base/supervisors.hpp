// Who of ours looks after the tests of a ctest, as others can see it.
#pragma once

#include <functional>
#include <optional>

#include "core/base/process_name.hpp"
#include "os/process/process.hpp"
#include "os/process/tagged_processes.hpp"

namespace holdfast {

// Whether its keeper is there, be it stopped.
bool has_keeper(const ProcessName& ctest);

// All runs of a ctest, or one: `ctest -S` has several.
struct RunOfCtest {
  ProcessName ctest;
  std::optional<unsigned> include_count = {};  // none: all
};

// Its launchers and guards, those that `is_meant` says are: they have the name of ctest in their
// environment, which a test does not get, and a ctest inside one has another.
using IsMeant = std::function<bool(pid_t pid, const os::ProcessStat& stat)>;
os::TaggedProcesses supervisors_of(const RunOfCtest& run, IsMeant is_meant);

bool is_launcher(const os::ProcessStat& stat);
bool is_guard(const os::ProcessStat& stat);
// Of a guard: its launcher, or what that has become, is dead.
bool is_alone(const os::ProcessStat& guard);

// Whether it has such a guard: that ends its test in its time, or keeps a fixture's.
bool has_guard_alone(const ProcessName& ctest);

}  // namespace holdfast
