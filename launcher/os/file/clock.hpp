// Clocks.
#pragma once

#include <cstdint>

#include "base/duration.hpp"

namespace holdfast::os {

// CLOCK_MONOTONIC, for lengths of time. It is never set back and does not count suspend.
Milliseconds monotonic_now();
std::int64_t monotonic_now_us();
std::int64_t monotonic_now_ns();

// Returns how long poll(2) may wait until this time on the same clock. For k_longest that is for
// ever, else an hour at most. 0: the time has come.
int poll_time(Milliseconds until);

// CLOCK_BOOTTIME, with which the kernel dates processes. It counts suspend.
Milliseconds time_since_boot();
// The same time in clock ticks, the unit of a process's start (field 22 of /proc/<pid>/stat,
// proc(5)).
std::uint64_t clock_ticks_since_boot();

// CLOCK_REALTIME since 1970, for records only. In seconds with three decimals, as records have it:
double unix_now();
std::int64_t unix_now_ms();
std::int64_t unix_now_us();

}  // namespace holdfast::os
