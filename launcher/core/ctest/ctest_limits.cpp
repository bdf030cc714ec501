#include "core/ctest/ctest_limits.hpp"

#include <algorithm>

namespace holdfast {
namespace {

Milliseconds or_never(Milliseconds limit) { return limit.count() > 0 ? limit : k_longest; }

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

}  // namespace holdfast
