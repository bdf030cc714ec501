// The time between the end of a timed-out test and ctest's own limit.
#pragma once

#include "core/base/duration.hpp"
#include "supervision/base/surroundings.hpp"

namespace holdfast::supervision {

// Blocks until ctest ends us, which it is to do at `native_end`: this is how it comes to say
// `***Timeout`. Returns when ctest has died, when a signal says to end, or when ctest has not done
// it long after it was to. The test's tree is gone, its locks and its record are settled.
void wait_for_ctest(Surroundings& around, Milliseconds native_end);

}  // namespace holdfast::supervision
