// A process that cannot name us can signal us by a signal line. In a PID namespace below ours we
// have no number, and a pidfd does not help (pidfd_send_signal(2): EINVAL). So the process writes
// to a pipe, and the kernel sends the owner of the reading end the signal that was set for it
// (fcntl(2), F_SETSIG).
#pragma once

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

class SignalLine {
 public:
  // Makes a line. Any process that inherits the line can send `signal` to this process by it.
  // `signal` may be SIGSTOP.
  static Result<SignalLine> to_this_process(int signal);

  SignalLine(SignalLine&&) = default;
  SignalLine& operator=(SignalLine&&) = delete;
  ~SignalLine();

  // Sends the signal. Does not block.
  void pull() const;

 private:
  SignalLine(UniqueFd read, UniqueFd write) : read_(std::move(read)), write_(std::move(write)) {}

  UniqueFd read_;
  UniqueFd write_;
};

}  // namespace holdfast::os
