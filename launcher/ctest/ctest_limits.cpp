#include "ctest/ctest_limits.hpp"

#include <algorithm>

namespace holdfast {
namespace {

Milliseconds or_never(Milliseconds limit) { return limit.count() > 0 ? limit : k_longest; }

Milliseconds left_until(Milliseconds native_end, Milliseconds now) {
  return std::max(Milliseconds{0}, native_end - now - k_native_reserve);
}

}  // namespace

Milliseconds native_limit(const CtestLimits& limits) {
  if (limits.raised) return or_never(*limits.raised);
  return limits.kept ? k_longest : or_never(limits.default_raised);
}

Milliseconds soonest_end(const CtestLimits& limits, Milliseconds unix_now) {
  Milliseconds soonest = native_limit(limits);
  if (!limits.raised && limits.kept) soonest = *limits.kept;
  if (limits.stop_time.count() > 0) {
    soonest = std::min(soonest, std::max(Milliseconds{0}, limits.stop_time - unix_now));
  }
  return soonest;
}

Milliseconds stacks_time(Milliseconds now, Milliseconds native_end) {
  // The other half of the time is for the grace.
  return std::min(k_stacks_time, left_until(native_end, now) / 2);
}

Milliseconds grace_before(Milliseconds native_end, Milliseconds now, Milliseconds grace) {
  return std::min(grace, left_until(native_end, now));
}

Milliseconds time_for_hook(Milliseconds now, Milliseconds native_end) {
  constexpr Milliseconds k_most{30'000};
  constexpr Milliseconds k_least_grace{1'000};
  return std::min(k_most, time_for_attempt(now, native_end, k_least_grace));
}

Milliseconds time_for_attempt(Milliseconds now, Milliseconds native_end, Milliseconds grace) {
  return std::max(Milliseconds{0}, left_until(native_end, now) - k_stacks_time - grace);
}

}  // namespace holdfast
