// Describes a process that hangs from /proc: its threads, what they wait for, its open files.
#pragma once

#include <sys/types.h>

#include <string>

namespace holdfast::os {

// Several lines, each ended; at most a few dozen. Leaves out what may not be read. Takes
// milliseconds and stops nothing.
std::string describe_process(pid_t pid);

}  // namespace holdfast::os
