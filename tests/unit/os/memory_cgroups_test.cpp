#include "os/memory/free_memory.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast::os {
namespace {

std::vector<std::string> directories(std::string_view own_groups) {
  std::vector<std::string> found;
  for (const MemoryCgroup& group : memory_cgroups(own_groups)) {
    found.push_back((group.first_version ? "1 " : "2 ") + group.directory);
  }
  return found;
}

using Directories = std::vector<std::string>;

TEST(MemoryCgroups, OfVersion2AreItsOwnAndAllAbove) {
  EXPECT_EQ(directories("0::/jobs/of ours:1\n"),
            (Directories{"2 /sys/fs/cgroup/jobs/of ours:1", "2 /sys/fs/cgroup/jobs",
                         "2 /sys/fs/cgroup"}));
  EXPECT_EQ(directories("0::/\n"), Directories{"2 /sys/fs/cgroup"});
}

TEST(MemoryCgroups, OfVersion1AreTheMemoryControllers) {
  EXPECT_EQ(
      directories("5:cpu,cpuacct:/elsewhere\n4:hugetlb,memory:/docker/1234\n1:name=memory:/no"),
      (Directories{"1 /sys/fs/cgroup/memory/docker/1234", "1 /sys/fs/cgroup/memory/docker",
                   "1 /sys/fs/cgroup/memory"}));
}

TEST(MemoryCgroups, OfBothVersion2IsFirst) {
  EXPECT_EQ(directories("9:name=systemd:/\n4:memory:/\n0::/a\n"),
            (Directories{"2 /sys/fs/cgroup/a", "2 /sys/fs/cgroup", "1 /sys/fs/cgroup/memory"}));
}

TEST(MemoryCgroups, WhatIsNotUnderstoodIsNone) {
  for (const char* text :
       {"", "\n", "::", "4:memory", "nonsense\n", "4:memory:", "4:memory:abc", "0::abc"}) {
    EXPECT_EQ(directories(text), Directories{}) << text;
  }
}

}  // namespace
}  // namespace holdfast::os
