// The time between two attempts, and after the last one.
#pragma once

#include "core/duration.hpp"
#include "launcher/surroundings.hpp"
#include "os/bounded_work.hpp"

namespace holdfast::exec {

// Blocks for that long. Returns 0 when the time is over; else at once the signal that says to end,
// SIGTERM when ctest has died. Stops as it is told meanwhile, as a test would; the time goes on.
int wait_before_attempt(launcher::Surroundings& around, Milliseconds length);

// The same until the work is done, which sees to its own time.
int await_unless_told_to_end(launcher::Surroundings& around, os::BoundedWork& work);

}  // namespace holdfast::exec
