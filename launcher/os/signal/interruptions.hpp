// Interrupts blocking system calls for which nothing can be polled: flock(2), fcntl(2) with
// F_OFD_SETLKW. Signals, the end of the parent and a timer interrupt such a call.
//
// Hazards. This is the one place in which signals are handled instead of read from a descriptor. A
// signal may come just before the call blocks. A plain handler would return, and the call would
// still block. So the handler jumps out of the call (siglongjmp(3)). Nobody knows then whether the
// call succeeded, so it must be harmless to repeat the call. The call must not own anything on the
// stack, because the jump runs no destructors.
#pragma once

#include <time.h>

#include <optional>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "os/signal/signals.hpp"

namespace holdfast::os {

// A process may have one such object at a time. It must have one thread and all signals blocked.
class Interruptions {
 public:
  Interruptions() = default;
  Interruptions(const Interruptions&) = delete;
  Interruptions& operator=(const Interruptions&) = delete;
  ~Interruptions() { end(); }

  // From now on SIGCHLD interrupts calls, and so do those of `signals` that are not ignored. The
  // end of the parent interrupts too, unless `parent` is 0. Fails if there are no timers, or if
  // `parent` is not our parent. A failure changes nothing.
  Result<void> begin(SignalSet signals, pid_t parent);
  // Restores the state before begin(). Signals that came and were not taken become pending again.
  void end();

  // Sets the monotonic time at which the timer interrupts; k_longest: never.
  void set_time(Milliseconds monotonic) const;

  // Calls `call`, which returns an int and sets errno. None: the call was interrupted.
  template <typename Call>
  std::optional<int> run(Call call) const {
    return run_blocking([](void* made) { return (*static_cast<Call*>(made))(); }, &call);
  }

  // Gives `signal` its default action while `action` runs.
  template <typename Action>
  void let_act(int signal, Action action) const {
    if (begun_) reset(signal);
    action();
    if (begun_) set(signal);
  }

  // Returns the signals that came, and forgets them.
  SignalSet take_received() const;
  // Who sent the last one of this number. Only for signals that take_received() has returned.
  static ReceivedSignal received(int signal);
  void forget(SignalSet signals) const;
  bool parent_ended() const;

 private:
  static bool set(int signal);
  static void reset(int signal);
  std::optional<int> run_blocking(int (*call)(void*), void* argument) const;

  bool begun_ = false;
  SignalSet signals_ = 0;
  timer_t timer_{};
  pid_t parent_ = 0;
  int callers_death_signal_ = 0;
};

}  // namespace holdfast::os
