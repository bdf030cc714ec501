// How much time is left when a test's limit is over and ctest is about to end the test natively.
#pragma once

#include "core/base/duration.hpp"

namespace holdfast {

// The time for all stacks of one attempt. Stacks that take longer are left out.
inline constexpr Milliseconds k_stacks_time{2000};
// The time between the end of the grace and ctest's own kill: for SIGKILL, the record, the locks.
inline constexpr Milliseconds k_native_reserve{1000};

// How long before ctest's --stop-time a test's stacks are taken. The test may still end by itself.
inline constexpr Milliseconds k_stop_time_look{3000};

// All times are on one clock. `native_end` is when ctest ends the test; k_longest: never.
Milliseconds stacks_time(Milliseconds now, Milliseconds native_end);
// The part of `grace` for which there is time; 0: SIGKILL at once.
Milliseconds grace_before(Milliseconds native_end, Milliseconds now, Milliseconds grace);
// The time for a command that looks at a test before the test is killed. It is what is left after
// the stacks and a short grace, and never more than half a minute.
Milliseconds time_for_hook(Milliseconds now, Milliseconds native_end);
// The longest that another attempt may run, if it is then given its stacks and its grace.
Milliseconds time_for_attempt(Milliseconds now, Milliseconds native_end, Milliseconds grace);

}  // namespace holdfast
