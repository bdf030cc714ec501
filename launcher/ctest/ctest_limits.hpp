// When ctest ends a test by itself, as attach.cmake tells the launcher
// (docs/reference/timeouts.md). Times count from the launcher's start, when ctest's clock starts
// too. Pure.
#pragma once

#include <optional>

#include "base/duration.hpp"

namespace holdfast {

struct CtestLimits {
  // The test's TIMEOUT or HOLDFAST_TIMEOUT with a margin; 0: ctest does not end the test.
  std::optional<Milliseconds> raised;
  // A limit of the project, the user or a script that Holdfast did not raise. ctest may end the
  // test when this limit is over, and the launcher must not end the test earlier. 0: not known.
  std::optional<Milliseconds> kept;
  // The limit of a test that has neither `raised` nor `kept`; 0: there is none.
  Milliseconds default_raised{0};
  // The signal that ends the test when its time is over; 0: the usual one.
  int end_signal = 0;
  bool tells = false;  // ctest sends SIGUSR1 at the limit, and waits until `raised`
  // The time between `end_signal` and SIGKILL; 0: the usual one.
  Milliseconds end_grace{0};
  // ctest's --stop-time, since 1970; 0: there is none.
  Milliseconds stop_time{0};
};

// When ctest ends the test; k_longest: never, or not known.
Milliseconds native_limit(const CtestLimits& limits);

// The earliest time at which ctest may end the test for any reason; k_longest: it will not.
Milliseconds soonest_end(const CtestLimits& limits, Milliseconds unix_now);

// How much time is left when a test's limit is over and ctest is about to end the test natively.

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
