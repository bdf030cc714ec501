#include "launcher/ctest_wait.hpp"

#include <poll.h>
#include <signal.h>

#include <algorithm>

#include "os/clock.hpp"

namespace holdfast::launcher {
namespace {

// ctest looks at its clock at once, unless it is stopped or the machine is far behind.
constexpr Milliseconds k_ctest_patience{30'000};

// Whether one of what came says to end.
bool is_told_to_end(Surroundings& around) {
  for (os::ReceivedSignal got = around.signals.next(); got.number != 0;
       got = around.signals.next()) {
    if (around.callers.ignores(got.number)) continue;
    switch (got.number) {
      case SIGHUP:
      case SIGINT:
      case SIGQUIT:
      case SIGTERM:
        return true;
      case SIGTSTP:
      case SIGTTIN:
      case SIGTTOU:
        (void)around.signals.stop_by(got.number);
        break;
      default:
        break;
    }
  }
  return false;
}

}  // namespace

void wait_for_ctest(Surroundings& around, Milliseconds native_end) {
  const Milliseconds until = native_end + k_ctest_patience;
  while (true) {
    const Milliseconds left = until - os::monotonic_now();
    if (left.count() <= 0) return;
    pollfd fds[2] = {{around.signals.fd(), POLLIN, 0}, {around.parent.get(), POLLIN, 0}};
    ::poll(fds, 2, static_cast<int>(std::min<std::int64_t>(left.count(), 3'600'000)));
    if (fds[1].revents != 0 || is_told_to_end(around)) return;
  }
}

}  // namespace holdfast::launcher
