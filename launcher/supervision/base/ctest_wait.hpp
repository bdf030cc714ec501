// The time between the end of a timed-out test and ctest's own limit.
#pragma once

#include "core/base/duration.hpp"
#include "supervision/base/surroundings.hpp"

namespace holdfast::supervision {

// Blocks until ctest ends us, which is due at `native_end`: only this makes it say `***Timeout`.
// Returns when ctest has died, when a signal says to end, or when ctest is long overdue. The test's
// tree must be gone, its locks released and its record written.
void wait_for_ctest(Surroundings& around, Milliseconds native_end);

}  // namespace holdfast::supervision
