// Descriptors that a process inherited, or that its caller had closed; and what poll(2) says of
// one.
#pragma once

#include <poll.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "base/result.hpp"
#include "os/file/clock.hpp"

namespace holdfast::os {

// A descriptor that is closed exactly once, by its owner.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    const int fd = std::exchange(other.fd_, -1);
    reset();
    fd_ = fd;
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  // Does not repeat close(2) after EINTR: on Linux the descriptor is closed even then.
  void reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

// Closes every descriptor that is not in `kept`. The order of `kept` does not matter, and numbers
// below 0 are ignored. The caller must make an object that owns a closed descriptor release it.
void close_all_but(std::vector<int> kept);

// Replaces stdin, stdout and stderr by /dev/null, so that nobody waits for the end of our output.
void leave_standard_streams();

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

// Makes a pipe that is closed by execve(2). `flags`: others of pipe2(2).
Result<Pipe> make_pipe(int flags = 0);

// Raises the soft limit of descriptors. It may be low for the sake of programs that use select(2).
void allow_many_descriptors();

// Waits until poll(2) tells one of `events` of this descriptor, an error or the end of the other
// side: true. False: `until` has come, on the clock of monotonic_now(). A signal does not end the
// wait.
bool wait_for(int fd, Milliseconds until, short events = POLLIN);

// True: to read from `fd` does not wait: something is there, or the other end is closed. False for
// an invalid descriptor.
bool is_readable(int fd);

// True: the other end of a socket or pipe is closed. False for an invalid descriptor.
bool is_hung_up(int fd);

// True: `fd` is a pipe that nobody reads any more, so that a write to it raises SIGPIPE (pipe(7)).
bool has_lost_its_reader(int fd);

// Opens /dev/null as stdin, stdout or stderr if the caller closed it. Otherwise a later descriptor,
// such as a lock's file, could get the number of stderr, and messages would be written to it. The
// test still finds the three closed. `first`: the first descriptor that this process opened and
// keeps. If it has one of the three numbers, it gets another number.
Result<void> fill_closed_streams(UniqueFd& first);

}  // namespace holdfast::os
