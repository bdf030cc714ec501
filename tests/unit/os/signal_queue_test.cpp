// Takes signals one after the other, and stops as it was told to, unless told to go on since.
#include "os/signal/signals.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/child_process.hpp"
#include "os/file/descriptors.hpp"
#include "os/sanitized.hpp"

namespace holdfast::os {
namespace {

void send(int signal) { ::kill(::getpid(), signal); }

// Runs `act` with all signals blocked, in a process group that is not orphaned, so stop signals
// stop it.
class QueueOwner : public Child {
 public:
  explicit QueueOwner(const std::function<int(SignalQueue&)>& act)
      : Child([act] {
          (void)::setpgid(0, 0);
          (void)take_signals();
          Result<SignalQueue> queue = SignalQueue::open();
          return queue ? act(*queue) : 99;
        }) {}

  // The signal that has stopped it; 0: it has ended.
  int stopped_by() {
    int status = 0;
    (void)retried([&] { return ::waitpid(pid(), &status, WUNTRACED); });
    return WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
  }
};

// A process is told to stop by `signal`. Then `then` happens, and it stops by `by`. Its exit code
// is the next signal that it gets.
QueueOwner told_to_stop(int signal, int by, const std::function<void()>& then) {
  return QueueOwner([=](SignalQueue& queue) {
    send(signal);
    if (queue.next().number != signal || queue.told_to_stop() != signal) return 98;
    then();
    const bool stopped = queue.stop_by(by);
    const int next = queue.next().number;
    return stopped ? next : 50 + next;
  });
}

constexpr int k_stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};

TEST(SignalQueue, OneAfterTheOtherWithItsSender) {
  QueueOwner owner([](SignalQueue& queue) {
    if (queue.next().number != 0 || readable(queue.fd(), Milliseconds{0})) return 1;
    send(SIGUSR2);
    send(SIGUSR1);
    if (!readable(queue.fd(), Milliseconds{0})) return 2;
    const ReceivedSignal first = queue.next();
    if (first.number != SIGUSR1 || first.sender != ::getpid() || first.from_line) return 3;
    return queue.next().number;
  });
  EXPECT_EQ(owner.wait(), SIGUSR2);
}

TEST(SignalQueue, StopsByTheSignalThatTheShellIsToSee) {
  for (int told : k_stops) {
    for (int by : k_stops) {
      SCOPED_TRACE(std::to_string(told) + " by " + std::to_string(by));
      QueueOwner owner = told_to_stop(told, by, [] {});
      EXPECT_EQ(owner.stopped_by(), by);
      owner.signal(SIGCONT);
      EXPECT_EQ(owner.wait(), SIGCONT);
    }
  }
}

TEST(SignalQueue, WhoWasToldToGoOnSinceDoesNotStop) {
  for (int told : k_stops) {
    for (int by : k_stops) {
      SCOPED_TRACE(std::to_string(told) + " by " + std::to_string(by));
      EXPECT_EQ(told_to_stop(told, by, [] { send(SIGCONT); }).wait(), 50);
    }
  }
}

TEST(SignalQueue, WhoIsToldOnceMoreIsToldSo) {
  QueueOwner owner = told_to_stop(SIGTSTP, SIGTSTP, [] {
    send(SIGCONT);
    send(SIGTSTP);
  });
  EXPECT_EQ(owner.wait(), 50 + SIGTSTP);
}

TEST(SignalQueue, WhoWaitsToBeToldIsToldByAllThreeAtOnce) {
  QueueOwner owner([](SignalQueue& queue) {
    for (int signal : k_stops) send(signal);
    if (queue.next().number == 0 || queue.next().number == 0) return 1;
    const int more = queue.next().number;
    // One of the three may be the witness of the others.
    if (more != 0 && queue.next().number != 0) return 2;
    return readable(queue.fd(), Milliseconds{0}) ? 3 : 0;
  });
  EXPECT_EQ(owner.wait(), 0);
}

}  // namespace
}  // namespace holdfast::os
