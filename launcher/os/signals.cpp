#include "os/signals.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "os/system_call.hpp"

namespace holdfast::os {
namespace {

// si_code of what the kernel itself sends, for a terminal among others. sigaction(2).
constexpr int k_sent_by_kernel = SI_KERNEL;

}  // namespace

CallersSignals take_signals() {
  CallersSignals callers;
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &callers.mask);
  struct sigaction now {};
  for (int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU}) {
    sigaction(signal, nullptr, &now);
    if (now.sa_handler == SIG_IGN) sigaddset(&callers.ignored, signal);
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
  sigprocmask(SIG_SETMASK, &callers.mask, nullptr);
}

Result<UniqueFd> open_signals() {
  sigset_t all;
  sigfillset(&all);
  UniqueFd signals(::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals.valid()) return system_error("open a signal descriptor");
  return signals;
}

ReceivedSignal next_signal(const UniqueFd& signals) {
  signalfd_siginfo info;
  const ssize_t got = retried([&] { return ::read(signals.get(), &info, sizeof info); });
  if (got != static_cast<ssize_t>(sizeof info)) return {};
  const bool kernel = info.ssi_code == k_sent_by_kernel;
  return {static_cast<int>(info.ssi_signo),
          kernel ? SignalSource::terminal : SignalSource::process};
}

void die_of(int signal) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  sigaction(signal, &standard, nullptr);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  sigprocmask(SIG_UNBLOCK, &only, nullptr);
  ::kill(::getpid(), signal);
  ::_exit(128 + signal);
}

void stop_self() { ::kill(::getpid(), SIGSTOP); }

}  // namespace holdfast::os
