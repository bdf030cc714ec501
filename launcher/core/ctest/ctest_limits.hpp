// When ctest ends a test by itself, as attach.cmake tells it (docs/guide/timeouts.md). Lengths of
// time count from the launcher's start, which is when ctest's clock starts.
#pragma once

#include <optional>

#include "core/base/duration.hpp"

namespace holdfast {

struct CtestLimits {
  // Of the test, TIMEOUT or HOLDFAST_TIMEOUT and a margin; 0: ctest does not end it.
  std::optional<Milliseconds> raised;
  // As the project, the user or a script has it: ctest may end the test when this is over, which
  // the launcher is not to be in front of. 0: nobody knows when.
  std::optional<Milliseconds> kept;
  // Of a test that is told neither; 0: there is none.
  Milliseconds default_raised{0};
  // By which the test is ended when its time is over, and how long it has then; 0: as ever.
  int end_signal = 0;
  bool tells = false;  // ctest says by SIGUSR1 that the limit is over, and waits until `raised`
  Milliseconds end_grace{0};
  // --stop-time, since 1970; 0: there is none.
  Milliseconds stop_time{0};
};

// When ctest ends the test; k_longest: never, or nobody knows when.
Milliseconds native_limit(const CtestLimits& limits);

// The soonest that ctest may end the test, whatever for; k_longest: it will not.
Milliseconds soonest_end(const CtestLimits& limits, Milliseconds unix_now);

}  // namespace holdfast
