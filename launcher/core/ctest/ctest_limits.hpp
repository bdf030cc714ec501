// When ctest ends a test by itself, as attach.cmake tells the launcher
// (docs/reference/timeouts.md). Times count from the launcher's start, when ctest's clock starts
// too.
#pragma once

#include <optional>

#include "core/base/duration.hpp"

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

}  // namespace holdfast
