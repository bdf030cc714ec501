// Describes a process that hangs: its threads, what the threads wait for, and its open files. All
// of it comes from /proc.
#pragma once

#include <sys/types.h>

#include <string>

namespace holdfast::os {

// Returns at most a few dozen lines, each with its newline. Leaves out what we may not read. Takes
// milliseconds and does not stop the process.
std::string describe_process(pid_t pid);

}  // namespace holdfast::os
