// The cgroups that may limit the memory of this process, and that count kills for lack of memory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::os {

struct MemoryCgroup {
  std::string directory;       // in the file system; it need not exist
  bool first_version = false;  // its files are those of cgroups version 1
};

// Returns the process's own cgroup and all above it, up to the top of what is mounted: first
// version 2, then version 1, each with the nearest first. They are looked for at the usual mount
// points. If both versions are mounted (hybrid), version 2 has no memory controller. `own_groups`
// is the text of /proc/self/cgroup, cgroups(7). A container may have mounted only its own part of
// the hierarchy; then the top of that part is the cgroup that counts, and the others do not exist.
std::vector<MemoryCgroup> memory_cgroups(std::string_view own_groups);
std::vector<MemoryCgroup> memory_cgroups();

}  // namespace holdfast::os
