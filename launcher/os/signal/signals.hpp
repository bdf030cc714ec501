// Signals are data: blocked in launcher, guard and keeper, taken from their queue
// (signal_queue.hpp), handled nowhere (but while a system call blocks that cannot be polled:
// interruptions.hpp).
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>

#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// Bit n-1: signal n. The kernel's form (rt_sigprocmask(2)): a C library keeps two or three
// real-time signals to itself and leaves them out of its own sets, but they are the test's as much
// as others.
using SignalSet = std::uint64_t;

constexpr SignalSet signal_bit(int signal) { return SignalSet{1} << (signal - 1); }

// How the caller had set things: what the test is started with.
struct CallersSignals {
  SignalSet mask = 0;
  bool child_ignored = false;  // SIGCHLD was ignored, which would make waiting impossible for us
  // Of the signals that end or stop a test, those that were ignored (nohup). The kernel keeps a
  // signal that is blocked, as ours are, even if it is ignored: so it must be known.
  SignalSet ignored = 0;

  bool ignores(int signal) const { return (ignored & signal_bit(signal)) != 0; }
};

// Blocks every signal and makes SIGCHLD waitable. To be called first of all.
CallersSignals take_signals();

// rt_sigprocmask(2), whatever the C library keeps to itself. Returns what was blocked before.
SignalSet change_signal_mask(int how, SignalSet set);

// Gives a new process what the caller had. Async-signal-safe; for the child between fork and exec.
void give_back_signals(const CallersSignals& callers);

// SIGCHLD alone, readable; and unreadable again. With the signal blocked.
UniqueFd watch_children();
void hear_of_children(const UniqueFd& children);

// Ends this process by `signal`, without a core file: the test has left its own, and a core_pattern
// that pipes ignores the size limit. As pid 1 of a container, where default actions do nothing, by
// exit code 128 + signal.
[[noreturn]] void die_of(int signal);

}  // namespace holdfast::os
