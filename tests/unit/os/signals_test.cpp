// Stopping as one was told to, unless told to go on since.
#include "os/signals.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child_process.hpp"
#include "os/system_call.hpp"

namespace holdfast::os {
namespace {

// Of a group that is no orphan: its stop signals stop.
Child told_to_stop(const std::function<void()>& then) {
  return Child([then] {
    (void)::setpgid(0, 0);
    (void)take_signals();
    const Result<UniqueFd> signals = open_signals();
    ::kill(::getpid(), SIGTSTP);
    if (next_signal(*signals).number != SIGTSTP) return 1;
    then();
    stop_as_told(SIGTSTP);
    return next_signal(*signals).number;
  });
}

TEST(StopAsTold, StopsByThatSignal) {
  Child child = told_to_stop([] {});
  int status = 0;
  ASSERT_EQ(retried([&] { return ::waitpid(child.pid(), &status, WUNTRACED); }), child.pid());
  ASSERT_TRUE(WIFSTOPPED(status)) << status;
  EXPECT_EQ(WSTOPSIG(status), SIGTSTP);
  child.signal(SIGCONT);
  EXPECT_EQ(child.wait(), SIGCONT);
}

TEST(StopAsTold, WhoWasToldToGoOnSinceDoesNotStop) {
  Child child = told_to_stop([] { ::kill(::getpid(), SIGCONT); });
  EXPECT_EQ(child.wait(), 0);
}

TEST(TakePending, OnlyThatSignalAndItsSenderAreTaken) {
  Child child([] {
    (void)take_signals();
    const Result<UniqueFd> signals = open_signals();
    if (take_pending(SIGUSR1).number != 0) return 1;
    ::kill(::getpid(), SIGUSR1);
    ::kill(::getpid(), SIGUSR2);
    const ReceivedSignal taken = take_pending(SIGUSR1);
    if (taken.number != SIGUSR1 || taken.sender != ::getpid() || taken.from_line) return 2;
    return next_signal(*signals).number;
  });
  EXPECT_EQ(child.wait(), SIGUSR2);
}

}  // namespace
}  // namespace holdfast::os
