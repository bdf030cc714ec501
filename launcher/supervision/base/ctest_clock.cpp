#include "supervision/base/ctest_clock.hpp"

#include <algorithm>

#include "os/file/clock.hpp"

namespace holdfast::supervision {

void CtestClock::start() {
  const Milliseconds limit = native_limit(limits_);
  if (limit != k_longest) end_ = std::min(k_longest, os::monotonic_now() + limit);
}

void CtestClock::start_anew(Milliseconds limit) { end_ = os::monotonic_now() + limit; }

Milliseconds CtestClock::stop_time() const {
  if (limits_.stop_time.count() <= 0) return k_longest;
  return os::monotonic_now() + limits_.stop_time - Milliseconds{os::unix_now_ms()};
}

bool CtestClock::judges(const Policy& policy, const TestFacts& facts) const {
  if (end_ == k_longest) return false;
  if (limits_.raised) return true;
  const Result<Milliseconds> own = parse_duration(facts.default_timeout);
  return own && *own == policy.timeout;
}

}  // namespace holdfast::supervision
