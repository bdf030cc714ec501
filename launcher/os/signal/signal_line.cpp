#include "os/signal/signal_line.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "os/file/system_call.hpp"

namespace holdfast::os {

Result<SignalLine> SignalLine::to_this_process(int signal) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return system_error("make a pipe");
  UniqueFd read(ends[0]);
  UniqueFd write(ends[1]);
  if (::fcntl(read.get(), F_SETOWN, ::getpid()) != 0 ||
      ::fcntl(read.get(), F_SETSIG, signal) != 0 ||
      ::fcntl(read.get(), F_SETFL, O_NONBLOCK | O_ASYNC) != 0) {
    return system_error("have a pipe send a signal");
  }
  return SignalLine(std::move(read), std::move(write));
}

// The kernel would also send the signal when one of the ends is closed, so the owner is removed
// first.
SignalLine::~SignalLine() {
  if (read_.valid()) ::fcntl(read_.get(), F_SETOWN, 0);
}

void SignalLine::pull() const {
  char byte = 0;
  if (retried([&] { return ::write(write_.get(), &byte, 1); }) != 1) return;
  // Some kernels signal only for the first byte in an empty pipe, so the byte is read at once.
  (void)retried([&] { return ::read(read_.get(), &byte, 1); });
}

}  // namespace holdfast::os
