#include "attempt/surroundings.hpp"

#include <algorithm>

#include "os/file/clock.hpp"
#include "os/log/log.hpp"
#include "os/process/process.hpp"
#include "values/outcome.hpp"

namespace holdfast::supervision {

Result<Surroundings> look_around(const Invocation& invocation, const os::CallersSignals& callers) {
  HOLDFAST_TRY(os::SignalQueue signals, os::SignalQueue::open());
  Surroundings around{callers, std::move(signals), {}};
  HOLDFAST_DO(os::fill_closed_streams(around.signals.descriptor()));
  // Only a launcher that ctest has started ends with ctest. `holdfast run … &` must outlive its
  // shell.
  if (!invocation.attach) return around;
  const ProcessName& ctest = invocation.attach->ctest;
  // Usually ctest is our parent: then its pid cannot mean another process, and one look is enough.
  // Pid 1 proves nothing: the first process of a container is also the parent of every orphan, and
  // every PID namespace has a pid 1.
  const bool is_parent = ctest.pid != 1 && ::getppid() == ctest.pid;
  Result<os::UniqueFd> parent = is_parent ? os::watch_parent(ctest.pid) : os::watch_process(ctest);
  if (parent) {
    around.parent = std::move(*parent);
    around.parent_tells = invocation.limits.tells && ::getppid() == ctest.pid;
  } else if (os::is_alive(ctest)) {
    // It cannot be watched, as no descriptor is left. A test that would not end with its ctest must
    // not begin.
    return parent.error();
  } else {
    around.parent_gone = true;
  }
  return around;
}

os::ReceivedSignal Surroundings::next_signal() {
  const os::ReceivedSignal got = signals.next();
  // A SIGCONT without a sender is the queue's own.
  const bool is_own = got.from_line || (got.number == SIGCONT && got.sender == 0);
  const bool is_news = got.number != 0 && got.number != SIGCHLD && !is_own;
  if (is_news && os::logs(LogLevel::debug)) {
    os::log(LogLevel::debug, {"got ", signal_name(got.number), " from ",
                              os::named_sender(got.source, got.sender, got.user)});
  }
  return got;
}

int next_ending_signal(Surroundings& around, Milliseconds& stopped) {
  while (const os::ReceivedSignal got = around.next_signal()) {
    if (around.callers.ignores(got.number)) continue;
    const os::SignalSet signal = os::signal_bit(got.number);
    if ((signal & k_ending_signals) != 0 || around.tells_limit(got)) return got.number;
    if ((signal & k_stopping_signals) == 0) continue;
    const Milliseconds before = os::monotonic_now();
    (void)around.signals.stop_by(got.number);
    stopped += os::monotonic_now() - before;
  }
  return 0;
}

LossEndsWaits::LossEndsWaits(Needs needs, Surroundings& around) : around_(around) {
  if (begin_watch(needs)) around_.watched = needs;
}

Waited wait_until(Surroundings& around, Milliseconds until, const std::vector<int>& readable) {
  Milliseconds stopped{0};
  while (true) {
    const int signal = next_ending_signal(around, stopped);
    if (signal != 0) return {Waited::Reason::told_to_end, signal, stopped};
    os::Wait wait({around.signals.fd(), around.parent.get()}, until);
    for (const int fd : readable) wait.on(fd);
    for (Need* const need : around.watched) need->join(wait);
    const bool is_last = wait.time_left() == 0;
    wait.go();
    for (Need* const need : around.watched) (void)need->look(wait);
    if (wait.news(around.parent.get()) != 0 || is_lost_now(around.watched)) {
      return {Waited::Reason::told_to_end, SIGTERM, stopped};
    }
    if (std::ranges::any_of(readable, [&](int fd) { return wait.news(fd) != 0; })) {
      return {Waited::Reason::readable, 0, stopped};
    }
    if (is_last) return {Waited::Reason::time_is_over, 0, stopped};
  }
}

void CtestClock::start() {
  const Milliseconds limit = native_limit(limits_);
  if (limit != k_longest) end_ = std::min(k_longest, os::monotonic_now() + limit);
}

void CtestClock::start_anew(Milliseconds limit) { end_ = os::monotonic_now() + limit; }

Milliseconds CtestClock::stop_time() const {
  if (limits_.stop_time.count() <= 0) return k_longest;
  return os::monotonic_now() + limits_.stop_time - Milliseconds{os::unix_now_ms()};
}

bool CtestClock::judges(const Policy& policy, const TestProperties& properties) const {
  if (end_ == k_longest) return false;
  if (limits_.raised) return true;
  const Result<Milliseconds> own = parse_duration(properties.default_timeout);
  return own && *own == policy.timeout;
}

}  // namespace holdfast::supervision
