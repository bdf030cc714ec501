// Signals are data: launcher, guard and keeper block them and take them from a queue
// (signal_queue.hpp). There are signal handlers only for blocking system calls for which nothing
// can be polled (interruptions.hpp).
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>

#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// Bit n-1 is signal n, as in the kernel (rt_sigprocmask(2)). A C library keeps two or three
// real-time signals to itself and leaves them out of its own sets, but the test may use them.
using SignalSet = std::uint64_t;

constexpr SignalSet signal_bit(int signal) { return SignalSet{1} << (signal - 1); }

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

}  // namespace holdfast::os
