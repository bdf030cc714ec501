// What interrupts a system call that blocks. Each body runs in a process of its own.
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>

#include "child_process.hpp"
#include "os/file/clock.hpp"
#include "os/signal/interruptions.hpp"
#include "os/signal/signals.hpp"
#include "sanitized.hpp"

namespace holdfast::os {
namespace {

constexpr SignalSet k_term = signal_bit(SIGTERM);

// A pipe into which no process writes.
class Silence {
 public:
  Silence() {
    if (::pipe(ends_) != 0) std::abort();
  }
  ~Silence() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

  // Waits in a system call whose wrapper knows nothing of signals, as flock(2)'s.
  std::optional<int> wait_in(const Interruptions& interruptions) const {
    char byte = 0;
    return interruptions.run([&] { return static_cast<int>(::read(ends_[0], &byte, 1)); });
  }

 private:
  int ends_[2] = {-1, -1};
};

int in_child(const std::function<int()>& body) {
  Child child([&] {
    (void)change_signal_mask(SIG_SETMASK, ~SignalSet{0});
    return body();
  });
  return child.wait();
}

bool is_pending(int signal) {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, signal) == 1;
}

TEST(Interruptions, WhatACallReturnsComesBackWithItsError) {
  EXPECT_EQ(in_child([] {
              Interruptions interruptions;
              if (!interruptions.begin(k_term, 0)) return 1;
              if (interruptions.run([] { return 7; }) != 7) return 2;
              if (interruptions.run([] { return ::close(-1); }) != -1) return 3;
              return errno == EBADF ? 0 : 4;
            }),
            0);
}

TEST(Interruptions, ASignalThatIsPendingAlreadyInterrupts) {
  SKIP_UNDER_TSAN(k_puts_handlers_off);
  EXPECT_EQ(in_child([] {
              const Silence silence;
              Interruptions interruptions;
              if (!interruptions.begin(k_term, 0)) return 1;
              ::kill(::getpid(), SIGTERM);
              if (silence.wait_in(interruptions)) return 2;
              return interruptions.take_received() == k_term ? 0 : 3;
            }),
            0);
}

// Signals come at any moment, even between the look at them and the block.
TEST(Interruptions, NoneOfManySignalsIsMissed) {
  SKIP_UNDER_TSAN(k_puts_handlers_off);
  constexpr int k_rounds = 5000;
  Channel told;
  Child child([&] {
    (void)change_signal_mask(SIG_SETMASK, ~SignalSet{0});
    const Silence silence;
    Interruptions interruptions;
    if (!interruptions.begin(k_term, 0)) return 1;
    told.say("ready");
    for (int round = 0; round < k_rounds; ++round) {
      while (interruptions.take_received() == 0) {
        if (silence.wait_in(interruptions)) return 2;
      }
      told.say("interrupted");
    }
    return 0;
  });
  ASSERT_EQ(told.hear(), "ready");
  for (int round = 0; round < k_rounds; ++round) {
    child.signal(SIGTERM);
    ASSERT_EQ(told.hear(), "interrupted") << "in round " << round;
  }
  EXPECT_EQ(child.wait(), 0);
}

TEST(Interruptions, TheClockInterruptsAtItsTimeAlsoWhenThatIsOver) {
  SKIP_UNDER_TSAN(k_puts_handlers_off);
  EXPECT_EQ(in_child([] {
              const Silence silence;
              Interruptions interruptions;
              if (!interruptions.begin(k_term, 0)) return 1;
              for (Milliseconds ahead : {Milliseconds{20}, Milliseconds{-20}, Milliseconds{0}}) {
                const Milliseconds time = monotonic_now() + ahead;
                interruptions.set_time(time);
                if (silence.wait_in(interruptions)) return 2;
                if (monotonic_now() < time) return 3;
                if (interruptions.take_received() != 0) return 4;
              }
              return 0;
            }),
            0);
}

TEST(Interruptions, TheEndOfTheParentInterrupts) {
  Channel told;
  Child parent([&] {
    Child child([&] {
      (void)change_signal_mask(SIG_SETMASK, ~SignalSet{0});
      const Silence silence;
      Interruptions interruptions;
      if (!interruptions.begin(k_term, ::getppid())) return 1;
      told.say("waits");
      while (!interruptions.parent_ended()) {
        if (silence.wait_in(interruptions)) return 2;
      }
      told.say("alone");
      return 0;
    });
    return child.wait();
  });
  ASSERT_EQ(told.hear(), "waits");
  parent.signal(SIGKILL);
  EXPECT_EQ(told.hear(), "alone");
}

// The kernel tells the end of the thread that forked us, but the process goes on. Its own end is
// told as well.
TEST(Interruptions, TheEndOfAThreadOfTheParentIsNotTheEndOfTheParent) {
  struct Channels {
    Channel told;
    Channel orders;
  } channels;
  Child parent([&] {
    const auto fork_and_end = [](void* argument) -> void* {
      auto& [told, orders] = *static_cast<Channels*>(argument);
      if (::fork() != 0) {
        (void)orders.hear();
        return nullptr;
      }
      (void)change_signal_mask(SIG_SETMASK, ~SignalSet{0});
      const Silence silence;
      Interruptions interruptions;
      if (!interruptions.begin(k_term, ::getppid())) ::_exit(1);
      told.say("waits");
      while (!interruptions.parent_ended()) {
        if (silence.wait_in(interruptions)) ::_exit(2);
        if (!interruptions.parent_ended()) told.say("not alone");
      }
      told.say("alone");
      ::_exit(0);
    };
    pthread_t thread{};
    if (::pthread_create(&thread, nullptr, fork_and_end, &channels) != 0) return 1;
    while (true) ::pause();
  });
  ASSERT_EQ(channels.told.hear(), "waits");
  channels.orders.say("end");
  ASSERT_EQ(channels.told.hear(), "not alone");
  parent.signal(SIGKILL);
  // The runtime of a sanitizer has a thread of its own, whose end may be told, too.
  std::string last = channels.told.hear();
  while (last == "not alone") last = channels.told.hear();
  EXPECT_EQ(last, "alone");
}

TEST(Interruptions, WhoIsNotOurParentIsRefusedAndNothingIsChanged) {
  EXPECT_EQ(in_child([] {
              Interruptions interruptions;
              if (interruptions.begin(k_term, 1)) return 1;
              struct sigaction now {};
              sigaction(SIGTERM, nullptr, &now);
              return now.sa_handler == SIG_DFL ? 0 : 2;
            }),
            0);
}

TEST(Interruptions, AfterwardsAllIsAsItWasAndWhatNobodyTookIsPending) {
  SKIP_UNDER_TSAN(k_puts_handlers_off);
  EXPECT_EQ(in_child([] {
              ::prctl(PR_SET_PDEATHSIG, SIGHUP, 0, 0, 0);
              const Silence silence;
              {
                Interruptions interruptions;
                if (!interruptions.begin(k_term, ::getppid())) return 1;
                ::kill(::getpid(), SIGTERM);
                if (silence.wait_in(interruptions)) return 2;
                if (is_pending(SIGTERM)) return 3;
              }
              if (!is_pending(SIGTERM)) return 4;
              int death_signal = 0;
              ::prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0);
              if (death_signal != SIGHUP) return 5;
              struct sigaction now {};
              for (int signal : {SIGTERM, SIGCHLD}) {
                sigaction(signal, nullptr, &now);
                if (now.sa_handler != SIG_DFL) return 6;
              }
              const SignalSet blocked = change_signal_mask(SIG_SETMASK, ~SignalSet{0});
              return blocked == change_signal_mask(SIG_SETMASK, ~SignalSet{0}) ? 0 : 7;
            }),
            0);
}

TEST(Interruptions, OfWhatIsPendingAgainItIsKnownWhoSentItFirst) {
  SKIP_UNDER_TSAN(k_puts_handlers_off);
  Channel told;
  Child child([&] {
    (void)change_signal_mask(SIG_SETMASK, ~SignalSet{0});
    const Silence silence;
    {
      Interruptions interruptions;
      if (!interruptions.begin(k_term, 0)) return 1;
      told.say("ready");
      if (silence.wait_in(interruptions)) return 2;
    }
    const ReceivedSignal got = take_pending(k_term);
    if (got.number != SIGTERM) return 3;
    return got.sender == ::getppid() && got.user == ::getuid() ? 0 : 4;
  });
  ASSERT_EQ(told.hear(), "ready");
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0);
}

TEST(Interruptions, ASignalThatIsLetActDoesWhatItDoesByDefault) {
  Child child([] {
    (void)change_signal_mask(SIG_SETMASK, ~SignalSet{0});
    Interruptions interruptions;
    if (!interruptions.begin(signal_bit(SIGUSR1), 0)) return 1;
    interruptions.let_act(SIGUSR1, [] {
      ::kill(::getpid(), SIGUSR1);
      (void)change_signal_mask(SIG_UNBLOCK, signal_bit(SIGUSR1));
    });
    return 0;
  });
  EXPECT_EQ(child.wait(), 1000 + SIGUSR1);
}

}  // namespace
}  // namespace holdfast::os
