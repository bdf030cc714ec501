#include "os/file/wait.hpp"

#include <algorithm>
#include <ctime>

#include "os/file/clock.hpp"

namespace holdfast::os {

Wait::Wait(std::initializer_list<int> readable, Milliseconds until) : until_(until) {
  for (const int fd : readable) on(fd);
}

void Wait::on(int fd, short events) {
  if (fd >= 0) descriptors_.push_back({fd, events, 0});
}

void Wait::until(Milliseconds time) { until_ = std::min(until_, time); }

int Wait::go() { return ::poll(descriptors_.data(), descriptors_.size(), time_left()); }

int Wait::go_for(std::chrono::nanoseconds time) {
  const timespec length{0, static_cast<long>(time.count())};
  return ::ppoll(descriptors_.data(), descriptors_.size(), &length, nullptr);
}

short Wait::news(int fd) const {
  unsigned all = 0;
  for (const pollfd& one : descriptors_) {
    if (one.fd == fd) all |= static_cast<unsigned short>(one.revents);
  }
  return static_cast<short>(all);
}

void Wait::clear() {
  descriptors_.clear();
  until_ = k_longest;
}

int Wait::time_left() const { return poll_time(until_); }

void pause_for(Milliseconds time) { Wait({}, monotonic_now() + time).go(); }

}  // namespace holdfast::os
