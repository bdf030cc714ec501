#include "os/signal/signals.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

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

constexpr SignalSet k_all = ~SignalSet{0};
constexpr SignalSet k_stops = signal_bit(SIGTSTP) | signal_bit(SIGTTIN) | signal_bit(SIGTTOU);

// True: a terminal sent the signal. A terminal signals its whole foreground group (si_code
// SI_KERNEL; sigaction(2)). Other signals of the kernel are for this process alone, such as an
// alarm that its caller set before exec.
bool is_of_terminal(const siginfo_t& info) {
  constexpr SignalSet k_of_terminals = k_stops | signal_bit(SIGHUP) | signal_bit(SIGINT) |
                                       signal_bit(SIGQUIT) | signal_bit(SIGCONT) |
                                       signal_bit(SIGWINCH);
  return info.si_code == SI_KERNEL && (k_of_terminals & signal_bit(info.si_signo)) != 0;
}

// True: a write of ours caused the signal. Nobody reads any more, or the file has reached its
// limit.
bool is_of_own_write(const siginfo_t& info) {
  return (info.si_signo == SIGPIPE || info.si_signo == SIGXFSZ) && info.si_pid == ::getpid();
}

void send(int signal) { ::kill(::getpid(), signal); }

ReceivedSignal received_signal(const siginfo_t& info) {
  const bool from_line = info.si_code == POLL_IN;
  return {info.si_signo, is_of_terminal(info) ? SignalSource::terminal : SignalSource::process,
          from_line ? 0 : info.si_pid, from_line, info.si_uid};
}

}  // namespace

SignalSet change_signal_mask(int how, SignalSet set) {
  SignalSet before = 0;
  ::syscall(SYS_rt_sigprocmask, how, &set, &before, sizeof set);
  return before;
}

SignalSet pending_signals() {
  SignalSet set = 0;
  ::syscall(SYS_rt_sigpending, &set, sizeof set);
  return set;
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
  Result<UniqueFd> children = watch_signals(signal_bit(SIGCHLD));
  return children ? std::move(*children) : UniqueFd();
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

Result<SignalLine> SignalLine::to_this_process(int signal) {
  HOLDFAST_TRY(Pipe pipe, make_pipe(O_NONBLOCK));
  const int read = pipe.read.get();
  if (::fcntl(read, F_SETOWN, ::getpid()) != 0 || ::fcntl(read, F_SETSIG, signal) != 0 ||
      ::fcntl(read, F_SETFL, O_NONBLOCK | O_ASYNC) != 0) {
    return system_error("have a pipe send a signal");
  }
  return SignalLine(std::move(pipe));
}

// The kernel would also send the signal when one of the ends is closed, so the owner is removed
// first.
SignalLine::~SignalLine() {
  if (pipe_.read.valid()) ::fcntl(pipe_.read.get(), F_SETOWN, 0);
}

void SignalLine::pull() const {
  char byte = 0;
  (void)retried([&] { return ::write(pipe_.write.get(), &byte, 1); });
  // Some kernels signal only for the first byte in an empty pipe, so the byte is read at once.
  (void)retried([&] { return ::read(pipe_.read.get(), &byte, 1); });
}

ReceivedSignal take_pending(SignalSet set) {
  const timespec now{0, 0};
  siginfo_t info{};
  do {
    info = {};
    if (::syscall(SYS_rt_sigtimedwait, &set, &info, &now, sizeof set) <= 0) return {};
  } while (is_of_own_write(info));
  return received_signal(info);
}

Result<UniqueFd> watch_signals(SignalSet set) {
  UniqueFd signals(
      static_cast<int>(::syscall(SYS_signalfd4, -1, &set, sizeof set, SFD_CLOEXEC | SFD_NONBLOCK)));
  if (!signals.valid()) return system_error("open a signal descriptor");
  return signals;
}

Result<SignalQueue> SignalQueue::open() {
  HOLDFAST_TRY(UniqueFd signals, watch_signals(k_all));
  return SignalQueue(std::move(signals));
}

// The signal descriptor must not become readable for the witness.
void SignalQueue::listen() {
  const SignalSet heard = witness_ == 0 ? k_all : k_all & ~signal_bit(witness_);
  ::syscall(SYS_signalfd4, fd_.get(), &heard, sizeof heard, 0);
}

ReceivedSignal SignalQueue::next() {
  const ReceivedSignal got = take_pending(k_all & ~k_stops);
  if (got.number == SIGCONT && witness_ != 0) {
    // SIGCONT discarded the witness. If a signal of the witness's number is pending now, it is a
    // new request to stop.
    witness_ = told_ = 0;
    listen();
  }
  return got.number != 0 ? got : next_to_stop();
}

ReceivedSignal SignalQueue::next_to_stop() {
  const SignalSet there = pending_signals();
  const SignalSet witness = witness_ == 0 ? 0 : signal_bit(witness_);
  const SignalSet telling = there & k_stops & ~witness;
  if (telling == 0) return {};
  if ((there & witness) == 0) call_witness(telling);
  const ReceivedSignal told = take_pending(telling);
  if (told.number != 0) {
    told_ = told.number;
    return told;
  }
  // A SIGCONT has come since we looked, and our witness may have discarded it.
  dismiss_witness();
  (void)take_pending(signal_bit(SIGCONT));
  return {SIGCONT};
}

void SignalQueue::call_witness(SignalSet besides) {
  witness_ = SIGTTOU;  // if all three are pending, this one of them is the witness
  for (int signal : {SIGTSTP, SIGTTIN, SIGTTOU}) {
    if ((besides & signal_bit(signal)) == 0) witness_ = signal;
  }
  send(witness_);
  listen();
}

void SignalQueue::dismiss_witness() {
  (void)take_pending(signal_bit(witness_));
  witness_ = told_ = 0;
  listen();
}

bool SignalQueue::stop_by(int signal, const std::function<bool()>& wanted) {
  // One look answers both questions. With two looks, a signal that comes in between would be lost.
  const Told told = look_at_witness(signal);
  bool goes_on = told == Told::to_go_on;
  bool stops = false;
  if (!goes_on) {
    send(signal);
    goes_on = told == Told::to_stop && take_pending(signal_bit(witness_)).number == 0;
    stops = !goes_on && (!wanted || wanted());
    if (!stops) (void)take_pending(signal_bit(signal));
  }
  if (goes_on) (void)take_pending(signal_bit(SIGCONT));
  if (witness_ != 0) dismiss_witness();
  if (!stops) return !goes_on;
  (void)change_signal_mask(SIG_UNBLOCK, signal_bit(signal));
  (void)change_signal_mask(SIG_BLOCK, signal_bit(signal));
  return true;
}

// Returns what the witness tells, and makes sure that the witness is not `signal`.
SignalQueue::Told SignalQueue::look_at_witness(int signal) {
  if (witness_ == 0) return Told::nothing;
  const SignalSet there = pending_signals();
  if ((there & signal_bit(witness_)) == 0) {
    // Stop signals and SIGCONT discard each other, so whichever is pending came last. next()
    // returns a pending stop signal later.
    return Told::to_go_on;
  }
  if (witness_ != signal) return Told::to_stop;
  const int before = witness_;
  call_witness(signal_bit(before));
  return take_pending(signal_bit(before)).number != 0 ? Told::to_stop : Told::to_go_on;
}

}  // namespace holdfast::os
