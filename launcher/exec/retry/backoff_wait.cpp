#include "exec/retry/backoff_wait.hpp"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "os/file/clock.hpp"

namespace holdfast::exec {
namespace {

// What ended a wait: its time, a readable descriptor, or a signal to end.
enum class News : std::uint8_t { time_is_over, readable, told_to_end };
struct Waited {
  News news = News::time_is_over;
  int signal = 0;
};

Waited wait_until(supervision::Surroundings& around, Milliseconds until, std::vector<pollfd> fds) {
  fds.push_back({around.signals.fd(), POLLIN, 0});
  fds.push_back({around.parent.get(), POLLIN, 0});
  const pollfd& parent = fds.back();
  while (true) {
    if (const int signal = supervision::next_ending_signal(around); signal != 0)
      return {News::told_to_end, signal};
    const std::int64_t left = (until - os::monotonic_now()).count();
    ::poll(fds.data(), fds.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000)));
    if (parent.revents != 0) return {News::told_to_end, SIGTERM};
    const auto is_ready = [](const pollfd& one) { return one.revents != 0; };
    if (std::any_of(fds.begin(), fds.end() - 2, is_ready)) return {News::readable};
    if (left <= 0) return {News::time_is_over};
  }
}

}  // namespace

int wait_before_attempt(supervision::Surroundings& around, Milliseconds length) {
  return wait_until(around, os::monotonic_now() + length, {}).signal;
}

int await_unless_told_to_end(supervision::Surroundings& around,
                             const std::vector<os::BoundedWork*>& works) {
  while (true) {
    std::vector<pollfd> fds;
    Milliseconds until = k_longest;
    for (os::BoundedWork* work : works) {
      if (work->go_on()) continue;
      fds.push_back({work->fd(), POLLIN, 0});
      until = std::min(until, work->deadline());
    }
    if (fds.empty()) return 0;
    const Waited waited = wait_until(around, until, std::move(fds));
    if (waited.news == News::told_to_end) return waited.signal;
  }
}

}  // namespace holdfast::exec
