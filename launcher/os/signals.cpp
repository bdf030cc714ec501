#include "os/signals.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/system_call.hpp"

namespace holdfast::os {
namespace {

// What a terminal sends, to all of its foreground group (si_code SI_KERNEL; sigaction(2)). Others
// of the kernel's own came to this process alone: the alarm its caller had set before it exec'd us.
bool is_of_terminal(const signalfd_siginfo& info) {
  constexpr SignalSet k_of_terminals =
      signal_bit(SIGHUP) | signal_bit(SIGINT) | signal_bit(SIGQUIT) | signal_bit(SIGTSTP) |
      signal_bit(SIGTTIN) | signal_bit(SIGTTOU) | signal_bit(SIGCONT) | signal_bit(SIGWINCH);
  return info.ssi_code == SI_KERNEL &&
         (k_of_terminals & signal_bit(static_cast<int>(info.ssi_signo))) != 0;
}

// A write of our own that nobody reads any more, or beyond the limit of files: nobody's signal.
bool is_of_own_write(const signalfd_siginfo& info) {
  return (info.ssi_signo == SIGPIPE || info.ssi_signo == SIGXFSZ) &&
         static_cast<pid_t>(info.ssi_pid) == ::getpid();
}

constexpr SignalSet k_all = ~SignalSet{0};

// As the kernel takes it (rt_sigaction(2)); no handler, so no way back from one is needed.
void reset_action(int signal) {
  struct {
    void (*handler)(int) = SIG_DFL;
    unsigned long flags = 0;
    void (*restorer)() = nullptr;
    SignalSet mask = 0;
  } standard;
  ::syscall(SYS_rt_sigaction, signal, &standard, nullptr, sizeof(SignalSet));
}

}  // namespace

SignalSet change_signal_mask(int how, SignalSet set) {
  SignalSet before = 0;
  ::syscall(SYS_rt_sigprocmask, how, &set, &before, sizeof set);
  return before;
}

CallersSignals take_signals() {
  CallersSignals callers;
  callers.mask = change_signal_mask(SIG_SETMASK, k_all);
  struct sigaction now {};
  for (int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU}) {
    sigaction(signal, nullptr, &now);
    if (now.sa_handler == SIG_IGN) callers.ignored |= signal_bit(signal);
  }
  sigaction(SIGCHLD, nullptr, &now);
  callers.child_ignored = now.sa_handler == SIG_IGN;
  if (callers.child_ignored) {
    now = {};
    now.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &now, nullptr);
  }
  return callers;
}

void give_back_signals(const CallersSignals& callers) {
  if (callers.child_ignored) {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGCHLD, &ignore, nullptr);
  }
  (void)change_signal_mask(SIG_SETMASK, callers.mask);
}

Result<UniqueFd> open_signals() {
  UniqueFd signals(static_cast<int>(
      ::syscall(SYS_signalfd4, -1, &k_all, sizeof k_all, SFD_CLOEXEC | SFD_NONBLOCK)));
  if (!signals.valid()) return system_error("open a signal descriptor");
  return signals;
}

ReceivedSignal next_signal(const UniqueFd& signals) {
  signalfd_siginfo info;
  do {
    const ssize_t got = retried([&] { return ::read(signals.get(), &info, sizeof info); });
    if (got != static_cast<ssize_t>(sizeof info)) return {};
  } while (is_of_own_write(info));
  return {static_cast<int>(info.ssi_signo),
          is_of_terminal(info) ? SignalSource::terminal : SignalSource::process,
          static_cast<pid_t>(info.ssi_pid), info.ssi_code == POLL_IN};
}

UniqueFd watch_children() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  return UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

void hear_of_children(const UniqueFd& children) {
  signalfd_siginfo info;
  while (::read(children.get(), &info, sizeof info) > 0) {
  }
}

void die_of(int signal) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  reset_action(signal);
  (void)change_signal_mask(SIG_UNBLOCK, signal_bit(signal));
  ::kill(::getpid(), signal);
  ::_exit(128 + signal);
}

void stop_self(int signal, const std::function<bool()>& wanted) {
  const SignalSet one = signal_bit(signal);
  ::kill(::getpid(), signal);
  if (!wanted()) {
    (void)take_pending(signal);
    return;
  }
  (void)change_signal_mask(SIG_UNBLOCK, one);
  (void)change_signal_mask(SIG_BLOCK, one);
}

void stop_as_told(int signal) {
  if (take_pending(SIGCONT).number != 0) return;
  stop_self(signal, [] { return true; });
}

ReceivedSignal take_pending(int signal) {
  const SignalSet one = signal_bit(signal);
  const timespec now{0, 0};
  siginfo_t info{};
  if (::syscall(SYS_rt_sigtimedwait, &one, &info, &now, sizeof one) != signal) return {};
  const SignalSource source =
      info.si_code == SI_KERNEL ? SignalSource::terminal : SignalSource::process;
  return {signal, source, info.si_code == POLL_IN ? 0 : info.si_pid, info.si_code == POLL_IN};
}

}  // namespace holdfast::os
