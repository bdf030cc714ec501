// Signals are data: blocked in launcher, guard and keeper, read from a descriptor, handled nowhere
// (but while a system call blocks that cannot be polled: interruptions.hpp).
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <functional>

#include <cstdint>

#include "core/result.hpp"
#include "core/supervision.hpp"
#include "os/unique_fd.hpp"

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

// Every blocked signal, readable.
Result<UniqueFd> open_signals();

struct ReceivedSignal {
  int number = 0;  // 0: none pending
  SignalSource source = SignalSource::process;
  pid_t sender = 0;        // of kill(2)
  bool from_line = false;  // by a SignalLine
};

// The next pending signal, without waiting. Not those that writes of this process cause (SIGPIPE,
// SIGXFSZ): their failure has been seen already.
ReceivedSignal next_signal(const UniqueFd& signals);

// SIGCHLD alone, readable; and unreadable again. With the signal blocked.
UniqueFd watch_children();
void hear_of_children(const UniqueFd& children);

// Ends this process by `signal`, without a core file: the test has left its own, and a core_pattern
// that pipes ignores the size limit. As pid 1 of a container, where default actions do nothing, by
// exit code 128 + signal.
[[noreturn]] void die_of(int signal);

// Stops this process by SIGTSTP, SIGTTIN or SIGTTOU, which must be blocked, so that a shell sees
// which one. Returns after SIGCONT; at once in an orphaned process group, where the kernel does not
// let them stop anybody, and when `wanted` says no.
//
// `wanted` is asked when the signal is pending already: a SIGCONT that comes later takes it away
// (signal(7)). So what makes `wanted` say no before it sends SIGCONT never leaves us stopped.
// After SIGCONT and until this process is scheduled, the same signal of a terminal stops it
// directly.
void stop_self(int signal, const std::function<bool()>& wanted);

// The same for one who was told to stop by `signal`, has taken it, and has let SIGCONT pend since:
// not when told to go on meanwhile. The stop_self() itself would take that away. (It still does
// within the microsecond between the look and the stop.)
void stop_as_told(int signal);

// Takes that signal out of the pending ones. Number 0: it was not there.
ReceivedSignal take_pending(int signal);

}  // namespace holdfast::os
