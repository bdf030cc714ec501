#include "exec/backoff_wait.hpp"

#include <poll.h>
#include <signal.h>

#include <algorithm>

#include "os/clock.hpp"

namespace holdfast::exec {
namespace {

// Waits until then, or until `fd` is readable (-1: nothing is waited for).
enum class News : std::uint8_t { time_is_over, readable, told_to_end };
struct Waited {
  News news = News::time_is_over;
  int signal = 0;
};

Waited wait_until(launcher::Surroundings& around, Milliseconds until, int fd) {
  while (true) {
    if (const int signal = launcher::next_ending_signal(around); signal != 0)
      return {News::told_to_end, signal};
    const std::int64_t left = (until - os::monotonic_now()).count();
    pollfd fds[3] = {
        {around.signals.fd(), POLLIN, 0}, {around.parent.get(), POLLIN, 0}, {fd, POLLIN, 0}};
    ::poll(fds, 3, static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000)));
    if (fds[1].revents != 0) return {News::told_to_end, SIGTERM};
    if (fds[0].revents != 0) continue;
    if (fds[2].revents != 0) return {News::readable};
    if (left <= 0) return {News::time_is_over};
  }
}

}  // namespace

int wait_before_attempt(launcher::Surroundings& around, Milliseconds length) {
  return wait_until(around, os::monotonic_now() + length, -1).signal;
}

int await_unless_told_to_end(launcher::Surroundings& around, os::BoundedWork& work) {
  while (!work.go_on()) {
    const Waited waited = wait_until(around, work.deadline(), work.fd());
    if (waited.news == News::told_to_end) return waited.signal;
  }
  return 0;
}

}  // namespace holdfast::exec
