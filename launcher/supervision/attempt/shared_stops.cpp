#include "supervision/attempt/shared_stops.hpp"

#include "os/process/process.hpp"

namespace holdfast::supervision {

// The shell must see that the signal that stopped the test has stopped us too. Nobody can block
// SIGSTOP, so the guard sends it to us: it then comes before the SIGCONT that the guard sends when
// the test goes on. If another signal told us to stop, we stop by that signal instead.
bool SharedStops::stop_as_test(int signal) {
  woken_by_ = {};
  // The first process of a PID namespace cannot be stopped, so no shell would see a stop and
  // continue us.
  if (::getpid() == 1) return false;
  if (signal == SIGSTOP) signal = signals_.told_to_stop();
  if (signal == 0) {
    guard_.order({GuardOrder::Kind::stop_launcher, 0, 0, last_.now});
    return true;
  }
  // The guard's news may be old: since then, two key presses may have stopped and continued us.
  const pid_t main = guard_.report().main;
  if (!signals_.stop_by(signal, [main] { return main == 0 || os::is_stopped(main); })) return false;
  woken_by_ = last_;
  return true;
}

// A SIGCONT that continues us is meant only for the stop that it ends. `fg` has continued the test
// too. If the test is stopped again by now, it must stay stopped.
void SharedStops::forward(GuardOrder order) {
  const MainStop woken_by = std::exchange(woken_by_, {});
  if (order.signal == SIGCONT && woken_by.signal() != 0) {
    order.kind = GuardOrder::Kind::resume;
    order.stop = woken_by.now;
  }
  guard_.order(order);
}

SharedStops::News SharedStops::news() {
  const MainStop now = guard_.report().main_stop;
  if (now.now == last_.now) return {};
  const MainStop before = std::exchange(last_, now);
  return {before.signal() != 0, now.signal()};
}

}  // namespace holdfast::supervision
