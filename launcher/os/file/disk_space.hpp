// What the file system of a directory has left, statvfs(3).
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.hpp"

namespace holdfast::os {

struct DiskSpace {
  std::uint64_t size_kb = 0;
  std::uint64_t free_kb = 0;  // for this user: some file systems keep a part for root
  std::uint64_t inodes = 0;   // 0: the file system has no fixed number of them
  std::uint64_t free_inodes = 0;
  bool is_read_only = false;
  bool forbids_execution = false;  // mounted with `noexec`
};

// Fails if there is no such directory. Waits for a network file system.
Result<DiskSpace> disk_space(const std::string& directory);

}  // namespace holdfast::os
