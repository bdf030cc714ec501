#include "keeper/left/stale_cgroups.hpp"

#include <signal.h>

#include "core/base/cgroup_name.hpp"
#include "core/base/file_name.hpp"
#include "os/containment/cgroup.hpp"
#include "os/containment/cgroup_processes.hpp"
#include "os/process/process_tree.hpp"

namespace holdfast {
namespace {

std::string attempt_of(const os::Cgroup& cgroup, const std::string& prefix) {
  return decode_file_name(cgroup.name().substr(prefix.size()));
}

}  // namespace

std::vector<StaleCgroup> find_stale_cgroups(const std::filesystem::path& tree) {
  const std::string prefix = cgroup_prefix(tree.string());
  std::vector<StaleCgroup> found;
  for (const os::Cgroup& cgroup : os::forsaken_cgroups(prefix)) {
    os::CgroupProcesses members(cgroup.directory());
    found.push_back({attempt_of(cgroup, prefix), members.living()});
  }
  return found;
}

std::vector<StaleCgroup> remove_stale_cgroups(const std::filesystem::path& tree, Milliseconds grace,
                                              std::vector<StaleCgroup>& survivors) {
  const std::string prefix = cgroup_prefix(tree.string());
  std::vector<StaleCgroup> found;
  for (const os::Cgroup& cgroup : os::forsaken_cgroups(prefix)) {
    os::CgroupProcesses members(cgroup.directory());
    found.push_back({attempt_of(cgroup, prefix), members.living()});
    std::vector<os::NamedProcess> left = os::end_processes(members, {SIGINT, grace, {}});
    if (!left.empty()) survivors.push_back({found.back().attempt, std::move(left)});
    (void)cgroup.remove();
  }
  return found;
}

}  // namespace holdfast
