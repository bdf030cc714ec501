#include "supervision/base/ctest_wait.hpp"

#include <poll.h>

#include <algorithm>
#include <cstdint>

#include "os/file/clock.hpp"

namespace holdfast::supervision {
namespace {

// ctest looks at its clock in time, unless it is stopped or the machine is far behind.
constexpr Milliseconds k_ctest_patience{30'000};

}  // namespace

void wait_for_ctest(Surroundings& around, Milliseconds native_end) {
  const Milliseconds until = native_end + k_ctest_patience;
  while (true) {
    const Milliseconds left = until - os::monotonic_now();
    if (left.count() <= 0) return;
    pollfd fds[2] = {{around.signals.fd(), POLLIN, 0}, {around.parent.get(), POLLIN, 0}};
    ::poll(fds, 2, static_cast<int>(std::min<std::int64_t>(left.count(), 3'600'000)));
    if (fds[1].revents != 0 || next_ending_signal(around) != 0) return;
  }
}

}  // namespace holdfast::supervision
