// Reads /proc/<pid>/status, proc_pid_status(5).
#pragma once

#include <string_view>

namespace holdfast {

// How many numbers the `NSpid:` line has: one for each PID namespace, from that of the mounted
// /proc down to the process's own. 1: the process is in the namespace of /proc. 0: the line is
// missing or cut off; a kernel without PID namespaces has none.
unsigned numbers_in_namespaces(std::string_view status);

// Whether `signal` was sent to the process and is still pending (`ShdPnd:`). SIGKILL stays pending
// until the process is gone.
bool pends(std::string_view status, int signal);

}  // namespace holdfast
