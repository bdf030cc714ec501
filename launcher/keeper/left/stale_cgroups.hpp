// Cgroups of attempts whose launcher, guard and keeper were all killed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "os/process/process_set.hpp"

namespace holdfast {

struct StaleCgroup {
  std::string attempt;
  std::vector<os::NamedProcess> processes;  // those that live in it
};

// The stale cgroups of attempts of `tree`. They hold no process that a test was allowed to leave:
// such a process leaves the cgroup when its test ends.
std::vector<StaleCgroup> find_stale_cgroups(const std::filesystem::path& tree);

// Ends them (SIGINT, the grace, SIGKILL) and removes them. Returns each with the processes that
// were in it. `survivors` gets those that could not be ended.
std::vector<StaleCgroup> remove_stale_cgroups(const std::filesystem::path& tree, Milliseconds grace,
                                              std::vector<StaleCgroup>& survivors);

}  // namespace holdfast
