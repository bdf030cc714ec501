#include "core/ctest/time_budget.hpp"

#include <algorithm>

namespace holdfast {
namespace {

Milliseconds left_until(Milliseconds native_end, Milliseconds now) {
  return std::max(Milliseconds{0}, native_end - now - k_native_reserve);
}

}  // namespace

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
