// Some tests count as not run for ctest although its log gives them a start time: the kernel
// refused to start their command (BAD_COMMAND; "Process not started" on ctest's stderr). Their
// entries look like those of tests that failed at once and printed nothing.
#pragma once

#include "store/ctest_log_marks.hpp"

#include <string>

namespace holdfast {

// Why ctest did not start this test, in ctest's words. Empty if ctest may have started it. Two
// causes are certain: an argument is longer than execve(2) takes, or the program cannot be executed
// and has not changed since `run_started` (seconds since 1970).
std::string why_not_started(const LogEntry& entry, double run_started);

}  // namespace holdfast
