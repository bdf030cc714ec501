#include "supervision/attempt/shared_stops.hpp"

#include <signal.h>
#include <unistd.h>

#include <utility>

#include "os/process/process.hpp"

namespace holdfast::supervision {

// The shell must see that the same signal has stopped us. SIGSTOP cannot be held back, so the guard
// sends it, in order with the SIGCONT that it sends when the test goes on. But if another signal
// told us to stop, we stop by that one.
bool SharedStops::stop_as_test(int signal) {
  woken_by_ = {};
  // The first process of a PID namespace cannot be stopped, so nobody would see it and continue it.
  if (::getpid() == 1) return false;
  if (signal == SIGSTOP) signal = signals_.told_to_stop();
  if (signal == 0) {
    guard_.order({GuardOrder::Kind::stop_launcher, 0, 0, last_.now});
    return true;
  }
  // The guard's news may be old: we may have been stopped and continued since, for two key presses.
  const pid_t main = guard_.report().main;
  if (!signals_.stop_by(signal, [main] { return main == 0 || os::is_stopped(main); })) return false;
  woken_by_ = last_;
  return true;
}

// The SIGCONT that continues us is meant for the stop that it ended: `fg` has continued the test
// too, and the test may be stopped again by now.
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
