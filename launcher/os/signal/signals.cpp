#include "os/signal/signals.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace holdfast::os {
namespace {

// Calls rt_sigaction(2) directly. There is no handler, so no restorer is needed.
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
  callers.mask = change_signal_mask(SIG_SETMASK, ~SignalSet{0});
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

}  // namespace holdfast::os
