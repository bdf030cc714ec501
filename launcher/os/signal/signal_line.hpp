// A signal from a process that may not signal us: one of a PID namespace below ours has no number
// for us, and a pidfd does not help it (pidfd_send_signal(2): EINVAL). What it has is a pipe: the
// kernel sends the reader's owner a signal of its choice when there is something to read (fcntl(2),
// F_SETSIG).
#pragma once

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

class SignalLine {
 public:
  // Of `signal` to this process, from whoever inherits the line. SIGSTOP is one, too.
  static Result<SignalLine> to_this_process(int signal);

  SignalLine(SignalLine&&) = default;
  SignalLine& operator=(SignalLine&&) = delete;
  ~SignalLine();

  // Sends it. Does not block.
  void pull() const;

 private:
  SignalLine(UniqueFd read, UniqueFd write) : read_(std::move(read)), write_(std::move(write)) {}

  UniqueFd read_;
  UniqueFd write_;
};

}  // namespace holdfast::os
