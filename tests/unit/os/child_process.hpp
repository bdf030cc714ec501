// Processes that tests start. They are forked, differ by what they do, and end with the test at the
// latest.
//
// A child works on real descriptors and pipes. It tells its conclusion by its exit code, so that
// only one process touches gtest's state.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "base/duration.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::os {

// Nothing here takes so long unless it hangs.
inline constexpr Milliseconds k_patience{20'000};

// A child process that runs the body, whose result is its exit code; 254: the body has thrown. It
// dies with its parent.
class Child {
 public:
  explicit Child(const std::function<int()>& body);
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Child& operator=(Child&&) = delete;
  ~Child();

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  // Returns the exit code; 1000 + n: signal n; -1: it did not end within the patience.
  int wait();

 private:
  pid_t pid_;
};

// A pipe between processes of a test.
class Channel {
 public:
  Channel();
  // Sends one line of less than PIPE_BUF bytes.
  void say(const std::string& line) const;
  // The next line; "<silence>": none came within `patience`; "<end>": no process can write any
  // more.
  std::string hear(Milliseconds patience = k_patience);
  void close_end_for_writing() { write_.reset(); }
  int read_fd() const { return read_.get(); }

 private:
  UniqueFd read_;
  UniqueFd write_;
  std::string heard_;
};

// Looks again and again, with short waits, until `condition` holds: for facts that the kernel shows
// only in /proc. False: it does not hold within the patience.
bool becomes_true(const std::function<bool()>& condition);

// Waits until `fd` is readable.
bool readable(int fd, Milliseconds patience = k_patience);

// Whether `pid` waits inside the kernel (state S or D).
bool sleeps(pid_t pid);

}  // namespace holdfast::os
