// What /proc tells of a process that hangs: its threads and what they wait for, its open files.
#pragma once

#include <sys/types.h>

#include <string>

namespace holdfast::os {

// Several lines, each ended; at most a few dozen. What may not be read is left out. Takes
// milliseconds and stops nothing.
std::string describe_process(pid_t pid);

}  // namespace holdfast::os
