#include "exec/base/awaiting.hpp"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "core/base/duration.hpp"

namespace holdfast::exec {

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
    const supervision::Waited waited = supervision::wait_until(around, until, std::move(fds));
    if (waited.signal != 0) return waited.signal;
  }
}

}  // namespace holdfast::exec
