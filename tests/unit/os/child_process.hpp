// Processes that tests start: forked, told apart by what they do, ended with the test at the
// latest.
//
// A child works on real descriptors and pipes; what it concludes it says by its exit code, so that
// gtest's state is touched by one process only.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "core/base/duration.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// Nothing here takes this long unless it hangs.
inline constexpr Milliseconds k_patience{20'000};

// Exit code of a child, from its body; it dies with its parent.
class Child {
 public:
  explicit Child(const std::function<int()>& body);
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Child& operator=(Child&&) = delete;
  ~Child();

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  // The exit code; 1000 + n: signal n; -1: did not end within the patience.
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
  // The next line; "<silence>" when there is none within `patience`, "<end>" when nobody can write.
  std::string hear(Milliseconds patience = k_patience);
  void close_end_for_writing() { write_.reset(); }
  int read_fd() const { return read_.get(); }

 private:
  UniqueFd read_;
  UniqueFd write_;
  std::string heard_;
};

// Looks again and again, in short waits on nothing, until `condition` holds: for what the kernel
// shows only in /proc. False when it does not within the patience.
bool becomes_true(const std::function<bool()>& condition);

// Waits until `fd` is readable.
bool readable(int fd, Milliseconds patience = k_patience);

// Whether `pid` waits inside the kernel (state S or D).
bool sleeps(pid_t pid);

}  // namespace holdfast::os
