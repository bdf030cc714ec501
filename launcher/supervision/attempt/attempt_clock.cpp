#include "supervision/attempt/attempt_clock.hpp"

#include <algorithm>
#include <cstdint>

#include "os/file/clock.hpp"

namespace holdfast::supervision {

void AttemptClock::start() {
  started_ = os::monotonic_now();
  started_us_ = os::monotonic_now_us();
}

void AttemptClock::end() { ended_us_ = os::monotonic_now_us(); }

std::int64_t AttemptClock::wall_us() const {
  const std::int64_t until = ended_us_ != 0 ? ended_us_ : os::monotonic_now_us();
  const std::int64_t paused_us = std::chrono::microseconds(stopped_).count();
  return std::max<std::int64_t>(0, until - started_us_ - paused_us);
}

}  // namespace holdfast::supervision
