// Which cgroups may limit the memory of this process, and count kills for want of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::os {

struct MemoryCgroup {
  std::string directory;       // in the file system; it need not exist
  bool first_version = false;  // its files are those of cgroups version 1
};

// They are looked for where they usually are mounted; where version 2 is mounted beside version 1
// (hybrid), it has no memory controller. Its own and all above it, up to the top of what is
// mounted: first version 2, then version 1, each the nearest first. `own_groups` is what
// /proc/self/cgroup says, cgroups(7). A container may have mounted only its own part of the
// hierarchy: then that part's top is the cgroup that counts, and the others do not exist.
std::vector<MemoryCgroup> memory_cgroups(std::string_view own_groups);
std::vector<MemoryCgroup> memory_cgroups();

}  // namespace holdfast::os
