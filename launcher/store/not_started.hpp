// Tests that ctest counts as not run though its log has a start time of them: the kernel refused to
// start the command (BAD_COMMAND; "Process not started" on ctest's stderr). Their entries read like
// those of tests that failed at once and printed nothing.
#pragma once

#include "store/ctest_log_marks.hpp"

#include <string>

namespace holdfast {

// In ctest's words why it did not start this one; empty: it did, or nothing says that it did not.
// Says so only where it is certain: an argument is longer than execve(2) takes, or the program has
// not been changed since the run began (seconds since 1970) and cannot be executed.
std::string why_not_started(const LogEntry& entry, double run_started);

}  // namespace holdfast
