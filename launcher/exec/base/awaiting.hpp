// Waits for bounded work beside a test that may be told to end.
#pragma once

#include <vector>

#include "os/process/bounded_work.hpp"
#include "supervision/base/surroundings.hpp"

namespace holdfast::exec {

// Blocks until all of `works` have finished. Each of them limits its own time. Returns 0, or the
// signal that came meanwhile to end the test (supervision::wait_until()).
int await_unless_told_to_end(supervision::Surroundings& around,
                             const std::vector<os::BoundedWork*>& works);

}  // namespace holdfast::exec
