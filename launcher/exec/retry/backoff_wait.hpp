// Waits between two attempts, and after the last one.
#pragma once

#include <vector>

#include "core/base/duration.hpp"
#include "os/process/bounded_work.hpp"
#include "supervision/base/surroundings.hpp"

namespace holdfast::exec {

// Blocks for that long. Returns 0 when the time is over. Returns at once on a signal to end, with
// that signal, and with SIGTERM when ctest has died. A stop signal (Ctrl-Z) stops us as it would
// stop a test; the time runs on.
int wait_before_attempt(supervision::Surroundings& around, Milliseconds length);

// Blocks in the same way until all of `works` has finished. Each of them limits its own time.
int await_unless_told_to_end(supervision::Surroundings& around,
                             const std::vector<os::BoundedWork*>& works);

}  // namespace holdfast::exec
