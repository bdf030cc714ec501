// What the launcher watches all the time, and how it waits.
#pragma once

#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <vector>

#include "attempt/invocation.hpp"
#include "attempt/need.hpp"
#include "base/duration.hpp"
#include "ctest/ctest_limits.hpp"
#include "os/file/descriptors.hpp"
#include "os/signal/signals.hpp"
#include "settings/resolution.hpp"

namespace holdfast::supervision {

// What the launcher watches all the time, whatever it does: signals sent to it and the life of the
// ctest that started it.
struct Surroundings {
  os::CallersSignals callers;
  os::SignalQueue signals;
  os::UniqueFd parent;        // ctest's pidfd; invalid: nobody's death ends the test
  bool parent_gone = false;   // ctest or the build tool died before we looked
  bool parent_tells = false;  // ctest sends SIGUSR1 when the test's limit is over
  Needs watched = {};         // the loss of one of them ends waits

  // Takes the next pending signal, as os::SignalQueue::next() does, and logs from whom it is.
  // SIGCHLD, and what the queue sends itself, are no news.
  os::ReceivedSignal next_signal();

  bool tells_limit(const os::ReceivedSignal& got) const {
    return parent_tells && got.number == SIGUSR1 && got.sender == ::getppid();
  }
};

// To be called after take_signals().
Result<Surroundings> look_around(const Invocation& invocation, const os::CallersSignals& callers);

using os::k_ending_signals;
// The signals that stop a test.
inline constexpr os::SignalSet k_stopping_signals =
    os::signal_bit(SIGTSTP) | os::signal_bit(SIGTTIN) | os::signal_bit(SIGTTOU);

// Takes pending signals, and stops this process if one of them says so. Returns the first signal
// that ends tests; 0: none. For a process that waits and has no test to which it could pass
// signals. `stopped`: the time for which it was stopped is added there.
int next_ending_signal(Surroundings& around, Milliseconds& stopped);

// For as long as it lives, the loss of one of `needs` ends waits (wait_until()). Without a clock it
// does not; then a look after the wait must do.
class LossEndsWaits {
 public:
  LossEndsWaits(Needs needs, Surroundings& around);
  ~LossEndsWaits() { around_.watched = {}; }
  LossEndsWaits(const LossEndsWaits&) = delete;
  LossEndsWaits& operator=(const LossEndsWaits&) = delete;

 private:
  Surroundings& around_;
};

// What ended a wait: the time, a readable descriptor, or a reason to end the test.
struct Waited {
  enum class Reason : std::uint8_t { time_is_over, readable, told_to_end };
  Reason reason = Reason::time_is_over;
  // With told_to_end: the signal, or SIGTERM when ctest has died or a need is lost.
  int signal = 0;
  Milliseconds stopped{0};  // for how long we were stopped meanwhile
};

// Blocks until the monotonic time `until`, or until one of `readable` is. Returns at once when
// a signal that ends tests comes, when ctest has died, or when a need is lost. A stop signal
// (Ctrl-Z) stops us as it would stop a test, but `until` does not change.
Waited wait_until(Surroundings& around, Milliseconds until, const std::vector<int>& readable = {});

// ctest's clock for a test. The launcher has to finish before ctest ends the test by itself
// (docs/reference/timeouts.md).
class CtestClock {
 public:
  explicit CtestClock(const CtestLimits& limits) : limits_(limits) {}

  // To be called when ctest starts its clock: when the launcher starts, or at the line about taken
  // locks.
  void start();

  // Starts the clock again with another limit.
  void start_anew(Milliseconds limit);

  // Returns when ctest's limit is over, on the monotonic clock. k_longest: never, the clock was not
  // started, or the limit is unknown.
  Milliseconds end() const { return end_; }
  // Returns ctest's --stop-time on the same clock; k_longest: there is none.
  Milliseconds stop_time() const;

  // True: ctest, and not the launcher, reports a timeout. That is so if ctest was given more time
  // for the limit that is in force. It is not so for a shorter limit in holdfast.toml.
  bool judges(const Policy& policy, const TestProperties& properties) const;

 private:
  CtestLimits limits_;
  Milliseconds end_ = k_longest;
};

}  // namespace holdfast::supervision
