// The time between two attempts, and after the last one.
#pragma once

#include <vector>

#include "core/base/duration.hpp"
#include "os/process/bounded_work.hpp"
#include "supervision/base/surroundings.hpp"

namespace holdfast::exec {

// Blocks for that long. Returns 0 when the time is over; else at once the signal that says to end,
// SIGTERM when ctest has died. Stops as it is told meanwhile, as a test would; the time goes on.
int wait_before_attempt(supervision::Surroundings& around, Milliseconds length);

// The same until all of it is done, which sees to its own time.
int await_unless_told_to_end(supervision::Surroundings& around,
                             const std::vector<os::BoundedWork*>& works);

}  // namespace holdfast::exec
