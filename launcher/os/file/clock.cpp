#include "os/file/clock.hpp"

#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

namespace holdfast::os {
namespace {

[[maybe_unused]] constexpr int k_few_looks = 50;
constexpr std::int64_t k_usual_ticks = 100;  // USER_HZ, for emulated kernels that do not tell it

std::int64_t nanoseconds_of(clockid_t clock) {
  timespec now{};
#if defined(__GLIBC__) || !defined(__LP64__)
  ::clock_gettime(clock, &now);
#else
  // With musl this is a launcher, which asks for the time about a dozen times. Finding the vDSO and
  // touching its pages would cost more than these few system calls. The launcher of a long batch
  // asks so often that it switches to the vDSO.
  static int looks = 0;
  if (looks < k_few_looks) {
    ++looks;
    ::syscall(SYS_clock_gettime, clock, &now);
  } else {
    ::clock_gettime(clock, &now);
  }
#endif
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

Milliseconds monotonic_now() { return Milliseconds{monotonic_now_ns() / 1'000'000}; }
std::int64_t monotonic_now_us() { return monotonic_now_ns() / 1'000; }
std::int64_t monotonic_now_ns() { return nanoseconds_of(CLOCK_MONOTONIC); }
int poll_time(Milliseconds until) {
  constexpr Milliseconds k_most{3'600'000};
  if (until == k_longest) return -1;
  return static_cast<int>(std::clamp(until - monotonic_now(), Milliseconds{0}, k_most).count());
}
Milliseconds time_since_boot() { return Milliseconds{nanoseconds_of(CLOCK_BOOTTIME) / 1'000'000}; }
std::uint64_t clock_ticks_since_boot() {
  const auto per_second = static_cast<std::int64_t>(::getauxval(AT_CLKTCK));
  const std::int64_t tick = 1'000'000'000 / (per_second > 0 ? per_second : k_usual_ticks);
  return static_cast<std::uint64_t>(nanoseconds_of(CLOCK_BOOTTIME) / tick);
}
double unix_now() { return static_cast<double>(unix_now_ms()) / 1000; }
std::int64_t unix_now_ms() { return unix_now_us() / 1'000; }
std::int64_t unix_now_us() { return nanoseconds_of(CLOCK_REALTIME) / 1'000; }

}  // namespace holdfast::os
