#include "supervision/attempt/end_of_run.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <utility>
#include <vector>

#include "os/file/descriptors.hpp"
#include "os/signal/signals.hpp"

namespace holdfast::supervision {

void keep_only(const EndOfRun& watched) {
  os::leave_standard_streams();
  std::vector<int> kept{0, 1, 2, watched.children.get(), watched.keeper, watched.parent};
  if (watched.contained >= 0) kept.push_back(watched.contained);
  os::close_all_but(std::move(kept));
}

KeptLeftovers wait_for_end_of_run(const EndOfRun& watched, os::TreeWatcher& watcher) {
  int keeper = watched.keeper;
  while (os::reap(watcher, {})) {
    pollfd fds[3] = {
        {watched.children.get(), POLLIN, 0}, {keeper, POLLIN, 0}, {watched.parent, POLLIN, 0}};
    ::poll(fds, 3, -1);
    os::hear_of_children(watched.children);
    if (fds[2].revents != 0) return KeptLeftovers::alive;
    if (fds[1].revents == 0) continue;
    char byte = 0;
    if (::recv(keeper, &byte, 1, MSG_DONTWAIT) > 0) return KeptLeftovers::alive;
    keeper = -1;  // the keeper died, and the run goes on
  }
  return KeptLeftovers::gone;
}

}  // namespace holdfast::supervision
