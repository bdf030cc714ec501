// Signals are data: launcher, guard and keeper block them and take them from a queue
// (SignalQueue). There are no signal handlers.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <utility>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"
#include "values/outcome.hpp"

namespace holdfast::os {

// Bit n-1 is signal n, as in the kernel (rt_sigprocmask(2)). A C library keeps two or three
// real-time signals to itself and leaves them out of its own sets, but the test may use them.
using SignalSet = std::uint64_t;

constexpr SignalSet signal_bit(int signal) { return SignalSet{1} << (signal - 1); }
// Those that end a test, or a command that a person has started.
inline constexpr SignalSet k_ending_signals =
    signal_bit(SIGTERM) | signal_bit(SIGINT) | signal_bit(SIGHUP) | signal_bit(SIGQUIT);

// The signal settings of our caller, with which the test is started.
struct CallersSignals {
  SignalSet mask = 0;
  bool child_ignored = false;  // SIGCHLD was ignored; we could not wait for children then
  // The signals that end or stop a test and that the caller ignored (nohup). We must know them,
  // because the kernel keeps a blocked signal pending even if it is ignored.
  SignalSet ignored = 0;

  bool ignores(int signal) const { return (ignored & signal_bit(signal)) != 0; }
};

// Blocks every signal and makes children waitable. To be called before anything else.
CallersSignals take_signals();

// rt_sigprocmask(2), including the signals that the C library keeps to itself. Returns the mask
// that was in force before.
SignalSet change_signal_mask(int how, SignalSet set);

// The signals that are pending for this process, rt_sigpending(2).
SignalSet pending_signals();

// Gives a new process the caller's settings, between fork and exec. Async-signal-safe.
void give_back_signals(const CallersSignals& callers);

// watch_children() returns a descriptor that becomes readable when SIGCHLD comes. SIGCHLD must be
// blocked. hear_of_children() makes the descriptor unreadable again.
UniqueFd watch_children();
void hear_of_children(const UniqueFd& children);

// Ends this process by `signal`, without a core file: the test has left its own. Setting the size
// limit of core files to 0 is not enough, because a core_pattern that is a pipe ignores the limit.
// Default actions do nothing to pid 1 of a container, so pid 1 ends with exit code 128 + signal.
[[noreturn]] void die_of(int signal);

// A process that cannot name us can signal us by a signal line. In a PID namespace below ours we
// have no number, and a pidfd does not help (pidfd_send_signal(2): EINVAL). So the process writes
// to a pipe, and the kernel sends the owner of the reading end the signal that was set for it
// (fcntl(2), F_SETSIG).
class SignalLine {
 public:
  // Makes a line. Any process that inherits the line can send `signal` to this process by it.
  // `signal` may be SIGSTOP.
  static Result<SignalLine> to_this_process(int signal);

  SignalLine(SignalLine&&) = default;
  ~SignalLine();

  // Sends the signal. Does not block.
  void pull() const;

 private:
  explicit SignalLine(Pipe pipe) : pipe_(std::move(pipe)) {}

  Pipe pipe_;
};

// Takes the blocked signals of this process one by one, and stops the process when told to.
//
// How a stop is put off. When a signal (SIGTSTP, SIGTTIN, SIGTTOU) tells us to stop, our test stops
// first. Then we send ourselves a stop signal. But any stop signal discards a pending SIGCONT
// (signal(7)). So a SIGCONT that came meanwhile would be lost, and nobody would ever continue us.
// SIGCONT in turn discards pending stop signals. So we keep a second stop signal pending, the
// witness. We send it before we take the signal that tells us to stop, and keep it until the stop
// signal that we send ourselves is pending. If the witness vanishes before that, a SIGCONT has
// come.
struct ReceivedSignal {
  int number = 0;  // 0: none pending
  SignalSource source = SignalSource::process;
  pid_t sender = 0;        // who called kill(2)
  bool from_line = false;  // a SignalLine sent it
  uid_t user = 0;          // of the sender

  explicit operator bool() const { return number != 0; }
};

// Takes one pending signal of `set`, without waiting. This process must have all of `set` blocked.
ReceivedSignal take_pending(SignalSet set);

// Returns a descriptor that is readable while one of `set` is pending (signalfd(2)).
Result<UniqueFd> watch_signals(SignalSet set);

// The process must have one thread and all signals blocked.
class SignalQueue {
 public:
  static Result<SignalQueue> open();

  int fd() const { return fd_.get(); }  // readable when next() has a signal
  UniqueFd& descriptor() { return fd_; }

  // Takes the next pending signal, without waiting. Skips SIGPIPE and SIGXFSZ if a write of this
  // process caused them: the failed write has told us already.
  ReceivedSignal next();

  // Stops this process by `signal`, so that a shell sees which signal it was. Returns after
  // SIGCONT. Returns at once when `wanted`, if it is there, returns false, and in an orphaned
  // process group, where the kernel lets nobody stop. False: this process was told to stop and then
  // to continue. This function has taken the SIGCONT then, and next() does not return it.
  //
  // `wanted` is called when the signal is already pending, and a later SIGCONT discards the signal.
  // So if somebody makes `wanted` return false and then sends SIGCONT, we do not stay stopped.
  // Between SIGCONT and the moment when this process runs, the same signal from a terminal stops
  // this process directly.
  [[nodiscard]] bool stop_by(int signal, const std::function<bool()>& wanted = {});

  // Returns the stop signal that next() took and that has a witness. 0: none.
  int told_to_stop() const { return told_; }

 private:
  explicit SignalQueue(UniqueFd fd) : fd_(std::move(fd)) {}
  ReceivedSignal next_to_stop();
  enum class Told { nothing, to_stop, to_go_on };
  Told look_at_witness(int signal);
  void call_witness(SignalSet besides);
  void dismiss_witness();
  void listen();

  UniqueFd fd_;
  int witness_ = 0;
  int told_ = 0;
};

}  // namespace holdfast::os
