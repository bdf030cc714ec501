// The one door to the numbers of /proc. A mounted /proc shows the numbers of the PID namespace it
// was mounted for, which need not be ours (`unshare --pid --fork` without --mount-proc): what it
// says of number 12 is then about another process than the one that kill(2) would reach. So every
// path below it that has a process number, or holds some, is made here, and leads nowhere when the
// numbers are not ours. /proc/self, /proc/meminfo and the like need not come here: they name
// nobody.
#pragma once

#include <dirent.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/number.hpp"

namespace holdfast::os {

// Whether the numbers in /proc are those of our PID namespace. Found out once: a child in a new
// namespace mounts a /proc of its own before it looks (pid_namespace.hpp).
bool proc_has_our_numbers();

// `/proc/<entry>`; where the numbers are not ours, a path at which nothing can be.
std::string in_proc(std::string_view entry);
// The same of a process: `/proc/<pid>/<entry>`.
std::string in_proc(pid_t pid, std::string_view entry);

// The children of a process, living or not yet waited for, by what /proc lists
// (CONFIG_PROC_CHILDREN): none where it does not.
std::vector<pid_t> children_of(pid_t pid);
// The numbers in a file of /proc, behind those that are in `numbers`. False when it cannot be read.
bool append_numbers_in(const std::string& path, std::vector<pid_t>& numbers);

// Calls `visit` with each number that is a name in `directory`; with none where it cannot be read.
template <typename Visit>
void for_each_number(const std::string& directory, Visit visit) {
  DIR* entries = ::opendir(directory.c_str());
  if (entries == nullptr) return;
  while (const dirent* entry = ::readdir(entries)) {
    if (const std::optional<int> number = parse_number<int>(entry->d_name)) visit(*number);
  }
  ::closedir(entries);
}

// Of all processes, as /proc lists them at one moment or another.
template <typename Visit>
void for_each_process(Visit visit) {
  for_each_number(in_proc(""), visit);
}

}  // namespace holdfast::os
