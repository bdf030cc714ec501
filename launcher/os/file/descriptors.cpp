#include "os/file/descriptors.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

#include "os/file/system_call.hpp"

namespace holdfast::os {

void close_all_but(std::vector<int> kept) {
  std::ranges::sort(kept);
  unsigned first = 0;
  for (int fd : kept) {
    if (fd < 0) continue;
    const auto number = static_cast<unsigned>(fd);
    if (number > first) ::close_range(first, number - 1, 0);
    first = number + 1;
  }
  ::close_range(first, ~0U, 0);
}

void leave_standard_streams() {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd <= 2; ++fd) ::dup2(null, fd);
}

Result<Pipe> make_pipe(int flags) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | flags) != 0) return system_error("make a pipe");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void allow_many_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

bool wait_for(int fd, Milliseconds until, short events) {
  pollfd news{fd, events, 0};  // poll(2) leaves out -1
  while (true) {
    const int left = poll_time(until);
    const int ready = ::poll(&news, 1, left);
    if (ready == 1) return true;
    if (left == 0 || (ready < 0 && errno != EINTR)) return false;
  }
}

bool is_readable(int fd) { return fd >= 0 && wait_for(fd, Milliseconds{0}); }

bool is_hung_up(int fd) { return wait_for(fd, Milliseconds{0}, 0); }

bool has_lost_its_reader(int fd) {
  pollfd watched{fd, 0, 0};
  return ::poll(&watched, 1, 0) == 1 && (watched.revents & POLLERR) != 0;
}

Result<void> fill_closed_streams(UniqueFd& first) {
  constexpr int k_after_streams = STDERR_FILENO + 1;
  if (first.get() >= k_after_streams) return {};
  UniqueFd moved(::fcntl(first.get(), F_DUPFD_CLOEXEC, k_after_streams));
  if (!moved.valid()) return system_error("move a descriptor out of the way of stderr");
  first = std::move(moved);
  while (true) {
    UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null.valid()) return system_error("open /dev/null");
    if (null.get() >= k_after_streams) return {};
    (void)null.release();
  }
}

}  // namespace holdfast::os
