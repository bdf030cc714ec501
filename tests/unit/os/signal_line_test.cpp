#include "os/signal/signals.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "os/child_process.hpp"

namespace holdfast::os {
namespace {

TEST(SignalLine, WhoInheritedItSendsTheSignalAndAsOftenAsItPulls) {
  Child owner([] {
    (void)take_signals();
    Result<SignalQueue> signals = SignalQueue::open();
    const Result<SignalLine> line = SignalLine::to_this_process(SIGUSR1);
    if (!signals || !line) return 1;
    for (int i = 0; i < 3; ++i) {
      const Child puller([&] {
        line->pull();
        return 0;
      });
      ReceivedSignal got;
      while (got.number != SIGUSR1) {
        if (!readable(signals->fd())) return 2;
        got = signals->next();
      }
      if (!got.from_line || got.sender != 0) return 3;
    }
    return 0;
  });
  EXPECT_EQ(owner.wait(), 0);
}

TEST(SignalLine, ItsEndSendsNone) {
  Child owner([] {
    (void)take_signals();
    Result<SignalQueue> signals = SignalQueue::open();
    { const Result<SignalLine> line = SignalLine::to_this_process(SIGUSR1); }
    return signals->next().number;
  });
  EXPECT_EQ(owner.wait(), 0);
}

}  // namespace
}  // namespace holdfast::os
