// Signals us from a process that cannot name us. In a PID namespace below ours we have no number,
// and a pidfd does not help (pidfd_send_signal(2): EINVAL). So that process writes to a pipe, and
// the kernel sends the reader's owner a signal of its choice (fcntl(2), F_SETSIG).
#pragma once

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

class SignalLine {
 public:
  // Lets whoever inherits the line send `signal` to this process; SIGSTOP is possible too.
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
