// Takes the blocked signals of this process one by one, and stops the process when told to.
//
// How a stop is put off. When we are told to stop (SIGTSTP, SIGTTIN, SIGTTOU), our test stops
// first; then we stop by a signal of our own. But sending any stop signal discards a pending
// SIGCONT (signal(7)). A SIGCONT that came meanwhile would be lost, and nobody would ever continue
// us. SIGCONT in turn discards pending stop signals. So we keep one more stop signal pending, the
// witness, from before we take the signal that tells us to stop until our own one is pending. When
// the witness is gone, a SIGCONT has come.
#pragma once

#include <sys/types.h>

#include <functional>
#include <utility>

#include "core/base/result.hpp"
#include "core/outcome/supervision.hpp"
#include "os/file/unique_fd.hpp"
#include "os/signal/signals.hpp"

namespace holdfast::os {

struct ReceivedSignal {
  int number = 0;  // 0: none pending
  SignalSource source = SignalSource::process;
  pid_t sender = 0;        // who called kill(2)
  bool from_line = false;  // a SignalLine sent it
};

// Takes one pending signal of `set`, without waiting. This process must have all of `set` blocked.
ReceivedSignal take_pending(SignalSet set);

// The process must have one thread and all signals blocked.
class SignalQueue {
 public:
  static Result<SignalQueue> open();

  int fd() const { return fd_.get(); }  // readable when next() has a signal
  UniqueFd& descriptor() { return fd_; }

  // Takes the next pending signal, without waiting. Skips signals that writes of this process cause
  // (SIGPIPE, SIGXFSZ): the write itself has failed, and that is known already.
  ReceivedSignal next();

  // To be called before a handler may take a stop signal in place of next(), and again after each
  // such signal or SIGCONT. That stop signal then has a witness too, and the handler must take
  // SIGCONT as well. The witness is SIGTTOU, which is not heard meanwhile.
  void expect_stop();
  void expect_none();

  // Stops this process by `signal`, so that a shell sees which signal it was. Returns after
  // SIGCONT. Returns at once when `wanted` says no, and in an orphaned process group, where the
  // kernel lets nobody stop. False: this process was told to stop and then to continue. That
  // SIGCONT is taken; do not expect it from next().
  //
  // `wanted` is asked when the signal is already pending, and a later SIGCONT discards the signal.
  // So whoever makes `wanted` say no before sending SIGCONT never leaves us stopped. After SIGCONT,
  // until this process runs, the same signal from a terminal stops it directly.
  [[nodiscard]] bool stop_by(int signal, const std::function<bool()>& wanted);
  [[nodiscard]] bool stop_by(int signal);

  // The stop signal that next() took and that has a witness. 0: none.
  int told_to_stop() const { return told_; }

 private:
  explicit SignalQueue(UniqueFd fd) : fd_(std::move(fd)) {}
  ReceivedSignal next_to_stop();
  enum class Told { nothing, to_stop, to_go_on };
  Told look_at_witness(int signal);
  bool has_witness() const;
  void call_witness(SignalSet besides);
  void dismiss_witness();
  void listen();

  UniqueFd fd_;
  int witness_ = 0;
  int told_ = 0;
};

}  // namespace holdfast::os
