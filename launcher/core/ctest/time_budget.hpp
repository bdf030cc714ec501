// What is left of a test's time when its limit has run out and ctest is about to end it natively.
#pragma once

#include "core/base/duration.hpp"

namespace holdfast {

// All stacks of one attempt are taken in this time, or what is not taken is left out.
inline constexpr Milliseconds k_stacks_time{2000};
// Between the end of the grace and ctest's own kill: SIGKILL, the record, the locks.
inline constexpr Milliseconds k_native_reserve{1000};

// How long before ctest's --stop-time the stacks of what still runs are taken. It may yet end by
// itself.
inline constexpr Milliseconds k_stop_time_look{3000};

// Points in time are on one clock; `native_end` is when ctest ends the test, k_longest for never.
Milliseconds stacks_time(Milliseconds now, Milliseconds native_end);
// As much of `grace` as there is time for; 0: SIGKILL at once.
Milliseconds grace_before(Milliseconds native_end, Milliseconds now, Milliseconds grace);

}  // namespace holdfast
