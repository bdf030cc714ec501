// The blocked signals of this process, one after the other; and stopping as one of them says.
//
// A stop that is made later. Who was told to stop (SIGTSTP, SIGTTIN, SIGTTOU) has something to do
// before: its test stops first. It then stops by a signal of its own, and each stop signal that is
// sent takes a pending SIGCONT away (signal(7)): one that came meanwhile would be lost, and nobody
// would ever continue us. SIGCONT in turn takes pending stop signals away. So from before we take
// the one that tells us until our own one pends, another one pends, the witness: when it is gone, a
// SIGCONT has come.
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
  pid_t sender = 0;        // of kill(2)
  bool from_line = false;  // by a SignalLine
};

// One of `set` that is pending, without waiting. Of this process, all signals of it blocked.
ReceivedSignal take_pending(SignalSet set);

// Of a process with one thread and all signals blocked.
class SignalQueue {
 public:
  static Result<SignalQueue> open();

  int fd() const { return fd_.get(); }  // readable: next() has one
  UniqueFd& descriptor() { return fd_; }

  // The next pending signal, without waiting. Not those that writes of this process cause (SIGPIPE,
  // SIGXFSZ): their failure has been seen already.
  ReceivedSignal next();

  // From now on a stop signal that is taken otherwise than by next(), by a handler, has a witness
  // too, and SIGCONT must be looked for in the same way. What is used for it, SIGTTOU, is not heard
  // meanwhile. To be called again after each of them.
  void expect_stop();
  void expect_none();

  // Stops this process by `signal`, so that a shell sees which one. Returns after SIGCONT; at once
  // in an orphaned process group, where the kernel does not let them stop anybody, and when
  // `wanted` says no. False: this process was told to stop, and to go on since. That SIGCONT is
  // taken, and may not be among the next().
  //
  // `wanted` is asked when the signal is pending already: a SIGCONT that comes later takes it away.
  // So what makes `wanted` say no before it sends SIGCONT never leaves us stopped. After SIGCONT
  // and until this process is scheduled, the same signal of a terminal stops it directly.
  [[nodiscard]] bool stop_by(int signal, const std::function<bool()>& wanted);
  [[nodiscard]] bool stop_by(int signal);

  // The stop signal for which there is a witness, since it was taken by next(). 0: none.
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
