// The one place that makes paths with process numbers in /proc. A mounted /proc shows the numbers
// of the PID namespace for which it was mounted. That need not be our namespace (`unshare --pid
// --fork` without --mount-proc). Then number 12 in /proc is another process than the number 12 that
// kill(2) reaches. So all paths in /proc that contain a process number, or lead to a file of such
// numbers, are made here. They lead nowhere when the numbers are not ours. /proc/self,
// /proc/meminfo and the like name no process and need not come here.
#pragma once

#include <dirent.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/number.hpp"

namespace holdfast::os {

// True: the numbers in /proc are those of our PID namespace. The answer is found once per process:
// a child in a new namespace mounts its own /proc before it asks (pid_namespace.hpp).
bool proc_has_our_numbers();

// Returns `/proc/<entry>`; if the numbers are not ours, a path at which nothing can exist.
std::string in_proc(std::string_view entry);
// Returns the same for one process: `/proc/<pid>/<entry>`.
std::string in_proc(pid_t pid, std::string_view entry);

// Returns the children of a process as /proc lists them, including zombies. None if /proc has no
// such list (CONFIG_PROC_CHILDREN).
std::vector<pid_t> children_of(pid_t pid);
// Appends the numbers in a file of /proc to `numbers`. False: the file cannot be read.
bool append_numbers_in(const std::string& path, std::vector<pid_t>& numbers);

// Calls `visit` with each number that is a name in `directory`. A directory that cannot be read
// counts as empty.
template <typename Visit>
void for_each_number(const std::string& directory, Visit visit) {
  DIR* entries = ::opendir(directory.c_str());
  if (entries == nullptr) return;
  while (const dirent* entry = ::readdir(entries)) {
    if (const std::optional<int> number = parse_number<int>(entry->d_name)) visit(*number);
  }
  ::closedir(entries);
}

// Calls `visit` with each process number. /proc lists the numbers one after the other, not at one
// moment.
template <typename Visit>
void for_each_process(Visit visit) {
  for_each_number(in_proc(""), visit);
}

}  // namespace holdfast::os
