// /proc/<pid>/status, proc_pid_status(5).
#pragma once

#include <string_view>

namespace holdfast {

// How many numbers its `NSpid:` gives: one for each PID namespace from that of the mounted /proc
// down to the process's own. One: it is seen from within its own. 0: there is no such line, as from
// a kernel without PID namespaces, or not all of it.
unsigned numbers_in_namespaces(std::string_view status);

// Whether `signal` has been sent to the process and not been taken (`ShdPnd:`). SIGKILL stays there
// until the process is gone.
bool pends(std::string_view status, int signal);

}  // namespace holdfast
