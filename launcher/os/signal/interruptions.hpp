// System calls that block where nothing can be polled: flock(2), fcntl(2) with F_OFD_SETLKW. What
// comes meanwhile interrupts them: signals, the end of the parent, the clock.
//
// Hazards. The one place in which signals are handled instead of read from a descriptor. A signal
// that comes just before the call blocks would be handled, and the call would block all the same:
// so the handler jumps out of it (siglongjmp(3)). Nobody knows then whether it had succeeded. What
// is called must bear being called again, and own nothing on the stack that is jumped over.
#pragma once

#include <time.h>

#include <optional>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "os/signal/signals.hpp"

namespace holdfast::os {

// One at a time in a process, which has one thread and all signals blocked.
class Interruptions {
 public:
  Interruptions() = default;
  Interruptions(const Interruptions&) = delete;
  Interruptions& operator=(const Interruptions&) = delete;
  ~Interruptions() { end(); }

  // From now on SIGCHLD and those of `signals` that are not ignored interrupt; with a `parent`
  // other than 0 its end too. Fails, having changed nothing, when the process that is named is not
  // our parent, or without timers.
  Result<void> begin(SignalSet signals, pid_t parent);
  // All is as before. Signals that came and were not taken are pending again.
  void end();

  // The time, by the monotonic clock, at which to interrupt next. k_longest: none.
  void set_time(Milliseconds monotonic) const;

  // Calls `call`, which returns an int and sets errno. None: interrupted.
  template <typename Call>
  std::optional<int> run(Call call) const {
    return run_blocking([](void* made) { return (*static_cast<Call*>(made))(); }, &call);
  }

  // While `action` runs, `signal` does what it does by default.
  template <typename Action>
  void let_act(int signal, Action action) const {
    if (begun_) reset(signal);
    action();
    if (begun_) set(signal);
  }

  // Which of the signals came.
  SignalSet take_received() const;
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
