// Cgroups of attempts that nobody looks after any more: launcher, guard and keeper were all killed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "os/process/process_set.hpp"

namespace holdfast {

struct StaleCgroup {
  std::string attempt;
  std::vector<os::NamedProcess> processes;  // in it, living
};

// Those of attempts of `tree`. Processes that a test was allowed to leave are in none: they are
// taken out when it ends.
std::vector<StaleCgroup> find_stale_cgroups(const std::filesystem::path& tree);

// Ends them (SIGINT, the grace, SIGKILL) and removes them. Says in each who was in it; `survivors`
// gets those that could not be ended.
std::vector<StaleCgroup> remove_stale_cgroups(const std::filesystem::path& tree, Milliseconds grace,
                                              std::vector<StaleCgroup>& survivors);

}  // namespace holdfast
