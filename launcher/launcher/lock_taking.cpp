#include "launcher/lock_taking.hpp"

#include <poll.h>
#include <signal.h>

#include <algorithm>

#include "os/clock.hpp"

namespace holdfast::launcher {
namespace {

bool ends_tests(int signal) {
  return signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT;
}

bool stops_tests(int signal) { return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU; }

// One wait for one lock.
class Wait {
 public:
  Wait(os::LockRequest& request, const LockParty& self, Milliseconds deadline, Surroundings& around,
       Teller& teller)
      : request_(request), self_(self), deadline_(deadline), around_(around), teller_(teller) {}

  // Returns with result.end other than `had` when it ended otherwise.
  void run(TakenLocks& result) {
    if (Result<void> started = request_.start_waiting(); !started) {
      return end(result, TakenLocks::End::refused, started.error().message);
    }
    while (true) {
      pollfd fds[3] = {{request_.ready_fd(), POLLIN, 0},
                       {around_.signals.get(), POLLIN, 0},
                       {around_.parent.get(), POLLIN, 0}};
      ::poll(fds, 3, static_cast<int>(time_left().count()));
      if (fds[0].revents != 0) return finish(result);
      if (fds[2].revents != 0) {
        return end(result, TakenLocks::End::interrupted, "ctest ended while " + waiting());
      }
      if (fds[1].revents != 0 && read_signals(result)) return;
      if (os::monotonic_now() >= deadline_) {
        return end(result, TakenLocks::End::not_in_time,
                   "gave up " + waiting() + " after " + describe(since_start()));
      }
      tell_if_due();
    }
  }

 private:
  static void end(TakenLocks& result, TakenLocks::End how, std::string trouble) {
    result.end = how;
    result.trouble = std::move(trouble);
  }

  Milliseconds since_start() const { return os::monotonic_now() - start_; }

  Milliseconds time_left() const {
    const Milliseconds telling = start_ + next_telling(told_);
    const Milliseconds left = std::min(telling, deadline_) - os::monotonic_now();
    return std::clamp(left, Milliseconds{0}, Milliseconds{3'600'000});
  }

  std::string waiting() const { return "waiting for lock " + to_text(request_.spec()); }

  void finish(TakenLocks& result) {
    const Result<bool> had = request_.finish_waiting();
    if (!had) return end(result, TakenLocks::End::refused, had.error().message);
    // Its file was replaced while we waited: once more, for the one that has the name now.
    if (!*had) return retake(result);
    if (told_ > 0) {
      teller_.tell("\"" + self_.test + "\" has lock " + to_text(request_.spec()) + " after " +
                   describe(since_start()));
    }
  }

  void retake(TakenLocks& result) {
    const Result<bool> had = request_.try_take();
    if (!had) return end(result, TakenLocks::End::refused, had.error().message);
    if (!*had) run(result);
  }

  bool read_signals(TakenLocks& result) {
    while (true) {
      const os::ReceivedSignal received = os::next_signal(around_.signals);
      if (received.number == 0) return false;
      if (around_.callers.ignores(received.number)) continue;
      if (stops_tests(received.number)) stop();
      if (!ends_tests(received.number)) continue;
      result.signal = received.number;
      end(result, TakenLocks::End::interrupted, "interrupted while " + waiting());
      return true;
    }
  }

  // The shell is to see that we stopped. Clocks stand still meanwhile; our place in the queue
  // stays.
  void stop() {
    const Milliseconds before = os::monotonic_now();
    os::stop_self();
    const Milliseconds pause = os::monotonic_now() - before;
    start_ += pause;
    if (deadline_ != k_longest) deadline_ += pause;
  }

  void tell_if_due() {
    if (since_start() < next_telling(told_)) return;
    std::string line = "\"" + self_.test + "\" ";
    if (told_ > 0) line += "still ";
    line += waiting() + " (" + describe(since_start()) + "): " + holder();
    teller_.tell(line);
    ++told_;
  }

  std::string holder() const {
    const std::string lock = to_text(request_.spec());
    const std::vector<LockParty> holders = request_.holders();
    if (holders.empty()) return lock + " is held by a process that left no record (flock(1)?)";
    std::string text = describe_holder(lock, holders.front(), os::unix_now_ms());
    if (holders.size() > 1) text += " and " + std::to_string(holders.size() - 1) + " more";
    return text;
  }

  os::LockRequest& request_;
  const LockParty& self_;
  Milliseconds deadline_;
  Surroundings& around_;
  Teller& teller_;
  Milliseconds start_ = os::monotonic_now();
  unsigned told_ = 0;
};

void take_one(os::LockRequest& request, const LockParty& self, Milliseconds deadline,
              Surroundings& around, Teller& teller, TakenLocks& result) {
  const Result<bool> had = request.try_take();
  if (!had) {
    result.end = TakenLocks::End::refused;
    result.trouble = had.error().message;
    return;
  }
  if (!*had) Wait(request, self, deadline, around, teller).run(result);
  if (result.end != TakenLocks::End::had) return;
  LockParty holder = self;
  holder.since_unix_ms = os::unix_now_ms();
  request.sign(holder);
}

}  // namespace

TakenLocks take_locks(const Policy& policy, const LockHome& home, const HeldLocks& above,
                      const LockParty& self, Surroundings& around, KeeperLink& keeper,
                      Teller& teller) {
  TakenLocks result;
  const Milliseconds start = os::monotonic_now();
  const Milliseconds deadline =
      policy.lock_timeout.count() == 0 ? k_longest : start + policy.lock_timeout;
  for (const LockSpec& spec : policy.locks) {
    Result<os::LockRequest> request =
        os::LockRequest::open(spec, home, above.level_of(place_of(spec, home)));
    if (!request) {
      result.end = TakenLocks::End::refused;
      result.trouble = "lock " + to_text(spec) + ": failed to " + request.error().message;
    } else {
      keeper.entrust(request->descriptor());
      take_one(*request, self, deadline, around, teller, result);
      if (request->renewals() > 0) keeper.entrust(request->descriptor());
    }
    if (result.end != TakenLocks::End::had) {
      result.held.clear();
      break;
    }
    result.held.push_back(std::move(*request));
  }
  result.waited = os::monotonic_now() - start;
  return result;
}

}  // namespace holdfast::launcher
