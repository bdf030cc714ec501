#include "os/signal/held_signals.hpp"

namespace holdfast::os {
namespace {

constexpr int k_ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};

bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

HeldSignals::HeldSignals() {
  SignalSet wanted = 0;
  for (const int signal : k_ending) {
    // The kernel keeps a blocked signal pending even if it is ignored.
    if (!is_ignored(signal)) wanted |= signal_bit(signal);
  }
  held_ = wanted & ~change_signal_mask(SIG_BLOCK, wanted);
}

HeldSignals::~HeldSignals() { change_signal_mask(SIG_UNBLOCK, held_); }

bool HeldSignals::came() const {
  sigset_t pending;
  if (::sigpending(&pending) != 0) return false;
  for (const int signal : k_ending) {
    if ((held_ & signal_bit(signal)) != 0 && ::sigismember(&pending, signal) == 1) return true;
  }
  return false;
}

}  // namespace holdfast::os
