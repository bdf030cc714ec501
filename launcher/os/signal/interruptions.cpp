#include "os/signal/interruptions.hpp"

#include <setjmp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "os/file/system_call.hpp"

namespace holdfast::os {
namespace {

// SIGCHLD also tells that the timer is over and that the parent has ended. A SIGCHLD that stays
// pending does no harm, because everybody takes it for no more than "look".
constexpr int k_look = SIGCHLD;

sigjmp_buf g_back;
volatile sig_atomic_t g_blocking = 0;
std::atomic<SignalSet> g_received{0};
std::array<siginfo_t, 65> g_infos;  // by the number of the signal; of those in g_received

// All signals are blocked in this handler, and also at the place to which it jumps.
void interrupt(int signal, siginfo_t* info, void* /*context*/) {
  g_infos[static_cast<std::size_t>(signal)] = *info;
  g_received.fetch_or(signal_bit(signal), std::memory_order_relaxed);
  if (g_blocking == 0) return;
  g_blocking = 0;
  siglongjmp(g_back, 1);
}

template <typename Action>
void for_each_signal(SignalSet set, Action action) {
  for (int signal = 1; set != 0; ++signal, set >>= 1U) {
    if ((set & 1U) != 0) action(signal);
  }
}

// So that it is known who sent it first. A process may say of a signal to itself what it likes
// (rt_sigqueueinfo(2)).
void send_again(int signal) {
  const long sent = ::syscall(SYS_rt_sigqueueinfo, ::getpid(), signal,
                              &g_infos[static_cast<std::size_t>(signal)]);
  if (sent != 0) ::kill(::getpid(), signal);  // a filter refuses it: nobody knows the sender then
}

// Returns the action that the signal had before. `action`: zero is the default one.
struct sigaction handle(int signal, struct sigaction action) {
  struct sigaction before {};
  sigfillset(&action.sa_mask);
  (void)::sigaction(signal, &action, &before);
  return before;
}

}  // namespace

Result<void> Interruptions::begin(SignalSet signals, pid_t parent) {
  sigevent tell{};
  tell.sigev_notify = SIGEV_SIGNAL;
  tell.sigev_signo = k_look;
  if (::timer_create(CLOCK_MONOTONIC, &tell, &timer_) != 0) return system_error("make a timer");
  begun_ = true;
  signals_ = 0;
  g_received = 0;
  for_each_signal(signals | signal_bit(k_look), [this](int signal) {
    if (set(signal)) signals_ |= signal_bit(signal);
  });
  if (parent == 0) return {};
  ::prctl(PR_GET_PDEATHSIG, &callers_death_signal_, 0, 0, 0);
  // PR_SET_PDEATHSIG (prctl(2)) signals us when the thread that started us ends. If that thread's
  // process goes on, another of its threads becomes our parent, and we are signalled at that
  // thread's end as well.
  parent_ = parent;
  if (::prctl(PR_SET_PDEATHSIG, k_look, 0, 0, 0) == 0 && !parent_ended()) return {};
  end();
  return Error{"be told of the end of the parent"};
}

void Interruptions::end() {
  if (!begun_) return;
  begun_ = false;
  ::timer_delete(timer_);
  if (parent_ != 0) ::prctl(PR_SET_PDEATHSIG, callers_death_signal_, 0, 0, 0);
  parent_ = 0;
  for_each_signal(take_received(), send_again);
  for_each_signal(signals_, reset);
}

void Interruptions::set_time(Milliseconds monotonic) const {
  itimerspec when{};  // zero: never
  if (monotonic != k_longest) {
    monotonic = std::max(monotonic, Milliseconds{1});
    when.it_value.tv_sec = monotonic.count() / 1000;
    when.it_value.tv_nsec = monotonic.count() % 1000 * 1'000'000;
  }
  ::timer_settime(timer_, TIMER_ABSTIME, &when, nullptr);
}

// False: the signal was ignored, and it stays ignored.
bool Interruptions::set(int signal) {
  struct sigaction action {};
  action.sa_sigaction = interrupt;
  action.sa_flags = SA_SIGINFO;
  const struct sigaction before = handle(signal, action);
  if (before.sa_handler != SIG_IGN) return true;
  sigaction(signal, &before, nullptr);
  return false;
}

void Interruptions::reset(int signal) { (void)handle(signal, {}); }

std::optional<int> Interruptions::run_blocking(int (*call)(void*), void* argument) const {
  // sigsetjmp() need not save the mask: after the jump the mask is the handler's, which blocks all
  // signals as before.
  if (sigsetjmp(g_back, 0) != 0) return std::nullopt;
  g_blocking = 1;
  (void)change_signal_mask(SIG_UNBLOCK, signals_);
  const int result = call(argument);
  const int error = errno;
  (void)change_signal_mask(SIG_BLOCK, signals_);
  g_blocking = 0;
  // If handlers run late (ThreadSanitizer), the call ends with EINTR instead of the jump.
  if (result == -1 && error == EINTR) return std::nullopt;
  errno = error;
  return result;
}

ReceivedSignal Interruptions::received(int signal) {
  return received_signal(g_infos[static_cast<std::size_t>(signal)]);
}

SignalSet Interruptions::take_received() const {
  return g_received.exchange(0, std::memory_order_relaxed) & ~signal_bit(k_look);
}

void Interruptions::forget(SignalSet signals) const {
  g_received.fetch_and(~signals, std::memory_order_relaxed);
}

bool Interruptions::parent_ended() const { return parent_ != 0 && ::getppid() != parent_; }

}  // namespace holdfast::os
