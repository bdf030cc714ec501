#include "launcher/lock_waiting.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "core/lock_cycle.hpp"
#include "os/clock.hpp"
#include "os/flock_holders.hpp"
#include "os/lock_survey.hpp"
#include "os/process.hpp"

namespace holdfast::launcher {
namespace {

bool ends_tests(int signal) {
  return signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT;
}

bool stops_tests(int signal) { return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU; }

std::vector<LockUse> all_uses() {
  std::vector<LockUse> uses;
  for (os::SurveyedLock& lock : os::survey_locks(os::Strangers::leave_out)) {
    std::string name = lock.name + "@" + std::string(name_of(lock.scope));
    uses.push_back({std::move(name), std::move(lock.holders), std::move(lock.waiters)});
  }
  return uses;
}

// At the head of the queue we and the helper that waits for us have what we could get so far.
bool is_ours(pid_t pid) {
  if (pid == ::getpid()) return true;
  const Result<os::ProcessStat> stat = os::read_process_stat(pid);
  return stat && stat->parent == ::getpid();
}

class Wait {
 public:
  Wait(os::LockRequest& request, const LockWaitOrder& order, Surroundings& around, Teller& teller)
      : request_(request),
        order_(order),
        deadline_(order.deadline),
        around_(around),
        teller_(teller) {}

  void run(TakenLocks& result) {
    while (!begin(result)) {
      if (result.end != TakenLocks::End::had || wait(result)) return;
    }
    tell_success();
  }

 private:
  static void end(TakenLocks& result, TakenLocks::End how, std::string trouble) {
    result.end = how;
    result.trouble = std::move(trouble);
  }

  // True: the lock is had already.
  bool begin(TakenLocks& result) {
    if (again_) {
      const Result<bool> had = request_.try_take();
      if (!had) refuse(result, had.error());
      if (!had || *had) return had && *had;
    }
    request_.sign_waiting(self());
    if (Result<void> started = request_.start_waiting(); !started) refuse(result, started.error());
    return false;
  }

  // True: it is over, one way or the other.
  bool wait(TakenLocks& result) {
    while (true) {
      pollfd fds[3] = {{request_.ready_fd(), POLLIN, 0},
                       {around_.signals.get(), POLLIN, 0},
                       {around_.parent.get(), POLLIN, 0}};
      ::poll(fds, 3, static_cast<int>(time_left().count()));
      if (fds[0].revents != 0) {
        const Result<bool> had = request_.finish_waiting();
        if (!had) refuse(result, had.error());
        // Its file was replaced while we waited: once more, for the one that has the name now.
        again_ = had && !*had;
        if (had && *had) tell_success();
        return !again_;
      }
      if (fds[2].revents != 0) {
        end(result, TakenLocks::End::interrupted, "ctest ended while " + waiting());
        return true;
      }
      if (fds[1].revents != 0 && read_signals(result)) return true;
      if (os::monotonic_now() >= deadline_) {
        give_up(result);
        return true;
      }
      tell_if_due();
    }
  }

  void tell_success() {
    if (told_ == 0) return;
    teller_.tell("\"" + order_.self.test + "\" has lock " + to_text(request_.spec()) + " after " +
                 describe(since_start()));
  }

  void refuse(TakenLocks& result, const Error& error) {
    end(result, TakenLocks::End::refused,
        "lock " + to_text(request_.spec()) + ": failed to " + error.message);
  }

  void give_up(TakenLocks& result) {
    std::string trouble = "gave up " + waiting() + " after " + describe(since_start());
    if (order_.out_of_order) {
      const std::string circle = find_circle();
      trouble += circle.empty()
                     ? "; it was asked for out of order, inside a test that holds a later one"
                     : "; circle: " + circle;
    }
    end(result, TakenLocks::End::not_in_time, std::move(trouble));
  }

  std::string find_circle() const {
    const LockUse wanted{to_text(request_.spec()), request_.holders(), {}};
    return describe_lock_cycle(find_lock_cycle(order_.self, wanted, all_uses()));
  }

  LockParty self() const {
    LockParty party = order_.self;
    party.since_unix_ms = os::unix_now_ms() - since_start().count();
    return party;
  }

  Milliseconds since_start() const { return os::monotonic_now() - start_; }

  Milliseconds time_left() const {
    const Milliseconds telling = start_ + next_telling(told_);
    const Milliseconds left = std::min(telling, deadline_) - os::monotonic_now();
    return std::clamp(left, Milliseconds{0}, Milliseconds{3'600'000});
  }

  std::string waiting() const { return "waiting for lock " + to_text(request_.spec()); }

  bool read_signals(TakenLocks& result) {
    while (true) {
      const os::ReceivedSignal received = os::next_signal(around_.signals);
      if (received.number == 0) return false;
      if (around_.callers.ignores(received.number)) continue;
      if (stops_tests(received.number)) stop(received.number);
      if (!ends_tests(received.number)) continue;
      result.signal = received.number;
      end(result, TakenLocks::End::interrupted, "interrupted while " + waiting());
      return true;
    }
  }

  // The shell is to see that we stopped. Clocks stand still meanwhile; our place in the queue
  // stays.
  void stop(int signal) {
    const Milliseconds before = os::monotonic_now();
    os::stop_self(signal, [] { return true; });
    const Milliseconds pause = os::monotonic_now() - before;
    start_ += pause;
    if (deadline_ != k_longest) deadline_ += pause;
  }

  void tell_if_due() {
    if (since_start() < next_telling(told_)) return;
    std::string line = "\"" + order_.self.test + "\" ";
    if (told_ > 0) line += "still ";
    line += waiting() + " (" + describe(since_start()) + "): " + obstacles();
    if (order_.out_of_order) {
      if (const std::string circle = find_circle(); !circle.empty()) line += "; circle: " + circle;
    }
    teller_.tell(line);
    ++told_;
  }

  std::string obstacles() const {
    LockObstacles seen;
    seen.holders = request_.holders();
    for (LockParty& holder : seen.holders) holder.stopped = os::is_stopped(holder.process);
    seen.ahead = request_.ahead();
    for (LockParty& other : request_.waiters()) {
      if (other.ticket >= request_.ticket()) continue;
      other.stopped = os::is_stopped(other.process);
      seen.before.push_back(std::move(other));
    }
    if (seen.holders.empty()) {
      for (const os::FlockHolder& one :
           os::find_flock_holders(request_.files(), os::FlockSearch::thorough)) {
        if (is_ours(one.pid)) continue;
        seen.strangers.push_back("\"" + one.command + "\" (pid " + std::to_string(one.pid) + ")");
      }
    }
    return describe_obstacles(to_text(request_.spec()), seen, os::unix_now_ms());
  }

  os::LockRequest& request_;
  const LockWaitOrder& order_;
  Milliseconds deadline_;
  Surroundings& around_;
  Teller& teller_;
  Milliseconds start_ = os::monotonic_now();
  unsigned told_ = 0;
  bool again_ = false;
};

}  // namespace

void wait_for_lock(os::LockRequest& request, const LockWaitOrder& order, Surroundings& around,
                   Teller& teller, TakenLocks& result) {
  Wait(request, order, around, teller).run(result);
}

}  // namespace holdfast::launcher
