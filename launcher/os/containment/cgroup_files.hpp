// The files of a cgroup's directory.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// Returns what a file of a cgroup says; empty: it cannot be read (the cgroup was removed).
std::string read_cgroup_file(int directory, const char* name);

// Writes `text` by one write(2). False, with errno set: the kernel refuses that.
bool write_cgroup_file(int directory, const char* name, std::string_view text);

// Returns the processes in the cgroup and in the cgroups below it, except those that a PID
// namespace hides from us.
std::vector<pid_t> cgroup_members(int directory);

// True: a process lives in the cgroup or in a cgroup below it.
bool is_populated(int directory);

// Returns the most memory that the cgroup's processes had together, in KiB (memory.peak, Linux
// 5.19). 0: the kernel does not say, for example because the memory controller is not enabled.
std::int64_t memory_peak_kb(int directory);

// Returns the names of the cgroups directly below.
std::vector<std::string> cgroups_below(int directory);
UniqueFd open_cgroup(int above, const std::string& name);

}  // namespace holdfast::os
