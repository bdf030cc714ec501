// What a launcher watches while it waits.
#include "attempt/surroundings.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "attempt/need.hpp"
#include "attempt/started.hpp"
#include "os/child_process.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/process.hpp"

namespace holdfast::supervision {
namespace {

ProcessName named(pid_t pid) {
  const Result<os::ProcessStat> stat = os::read_process_stat(pid);
  return {pid, stat ? stat->start : 0};
}

Result<Surroundings> around_test_of(const ProcessName& ctest, bool tells) {
  Started started({"--test=t", "/bin/t"}, {k_attached});
  Invocation invocation = started.invocation();
  invocation.attach->ctest = ctest;
  invocation.limits.tells = tells;
  return look_around(invocation, {});
}

TEST(Surroundings, OfATestAreItsCtestIfThatLives) {
  const Result<Surroundings> parent = around_test_of(named(::getppid()), true);
  ASSERT_TRUE(parent);
  EXPECT_TRUE(parent->parent.valid());
  EXPECT_TRUE(parent->parent_tells);
  EXPECT_FALSE(parent->parent_gone);
  EXPECT_FALSE(around_test_of(named(::getppid()), false)->parent_tells);
  // A wrapper stands between: its signals are for the test.
  const Result<Surroundings> other = around_test_of(named(::getpid()), true);
  ASSERT_TRUE(other);
  EXPECT_TRUE(other->parent.valid());
  EXPECT_FALSE(other->parent_tells);
}

TEST(Surroundings, OfATestWhoseCtestHasEndedSaySo) {
  os::Child child([] { return 0; });
  const ProcessName ended = named(child.pid());
  EXPECT_EQ(child.wait(), 0);
  ProcessName another = named(::getpid());  // its number was given again
  ++another.start;
  for (const ProcessName& ctest : {ended, another}) {
    const Result<Surroundings> around = around_test_of(ctest, true);
    ASSERT_TRUE(around);
    EXPECT_TRUE(around->parent_gone);
    EXPECT_FALSE(around->parent.valid());
  }
}

TEST(Surroundings, OfACommandAreNobody) {
  Started started({"--", "t"});
  const Result<Surroundings> around = look_around(started.invocation(), {});
  ASSERT_TRUE(around);
  EXPECT_FALSE(around->parent.valid());
  EXPECT_FALSE(around->parent_gone);
}

// A need that is lost from its second look on.
class Lost final : public Need {
 public:
  explicit Lost(bool watchable) : watchable_(watchable), news_(std::move(*os::make_pipe())) {
    (void)::write(news_.write.get(), "x", 1);
  }
  std::optional<AttemptResult> acquire(TestAtHand& /*test*/) override { return std::nullopt; }
  Result<void> begin_watch() override {
    if (!watchable_) return ErrorInWords{"there is no clock"};
    return {};
  }
  void join(os::Wait& wait) override { wait.on(news_.read.get()); }
  News look(const os::Wait& /*wait*/) override {
    ++looks_;
    return News::none;
  }
  bool is_lost_now() override { return looks_ > 1; }

 private:
  bool watchable_;
  os::Pipe news_;  // always readable
  int looks_ = 0;
};

// Enough for a wait that nothing ends: all that could end it is there when it begins.
constexpr Milliseconds k_moment{50};

// What ends a wait for a descriptor in a launcher: `t` the time, `r` the descriptor, or the signal.
std::string ends(const std::function<void(Surroundings&, std::vector<int>&)>& before,
                 Milliseconds time = os::k_patience) {
  os::Channel said;
  os::Child child([&] {
    (void)os::take_signals();
    Surroundings around{{}, std::move(*os::SignalQueue::open()), {}};
    std::vector<int> readable;
    before(around, readable);
    const Waited waited = wait_until(around, os::monotonic_now() + time, readable);
    switch (waited.reason) {
      case Waited::Reason::time_is_over:
        said.say("t");
        break;
      case Waited::Reason::readable:
        said.say("r");
        break;
      case Waited::Reason::told_to_end:
        said.say(std::to_string(waited.signal));
        break;
    }
    return 0;
  });
  return said.hear();
}

TEST(AWait, IsEndedByWhatItWaitsForAndByWhatEndsTheTest) {
  EXPECT_EQ(ends([](Surroundings&, std::vector<int>&) {}, k_moment), "t");
  Result<os::Pipe> pipe = os::make_pipe();
  ASSERT_TRUE(pipe);
  EXPECT_EQ(
      ends([&](Surroundings&, std::vector<int>& readable) { readable.push_back(pipe->read.get()); },
           k_moment),
      "t");
  ASSERT_EQ(::write(pipe->write.get(), "x", 1), 1);
  EXPECT_EQ(ends([&](Surroundings&, std::vector<int>& readable) {
              readable.push_back(pipe->read.get());
            }),
            "r");
  EXPECT_EQ(ends([](Surroundings&, std::vector<int>&) { ::kill(::getpid(), SIGHUP); }),
            std::to_string(SIGHUP));
  // ctest dies.
  EXPECT_EQ(ends([](Surroundings& around, std::vector<int>&) {
              const pid_t ctest = ::fork();
              if (ctest == 0) ::_exit(0);
              around.parent = os::watch_living(ctest);
            }),
            std::to_string(SIGTERM));
}

TEST(AWait, IsNotEndedByASignalThatIsForNobody) {
  for (const int signal : {SIGWINCH, SIGUSR1, SIGUSR2}) {
    EXPECT_EQ(ends(
                  [&](Surroundings& around, std::vector<int>&) {
                    around.parent_tells = true;  // but this process is not ctest
                    ::kill(::getpid(), signal);
                  },
                  k_moment),
              "t")
        << signal;
  }
  EXPECT_EQ(ends(
                [](Surroundings& around, std::vector<int>&) {
                  around.callers.ignored = os::signal_bit(SIGHUP);
                  ::kill(::getpid(), SIGHUP);
                },
                k_moment),
            "t");
  EXPECT_EQ(ends([](Surroundings& around, std::vector<int>&) {
              around.callers.ignored = os::signal_bit(SIGHUP);
              ::kill(::getpid(), SIGHUP);
              ::kill(::getpid(), SIGTERM);
            }),
            std::to_string(SIGTERM));
}

TEST(AWait, IsEndedByTheLossOfANeedThatIsWatched) {
  EXPECT_EQ(ends([](Surroundings& around, std::vector<int>&) {
              static Lost lost(true);
              static Need* const needs[] = {&lost};
              static const LossEndsWaits watched(needs, around);
            }),
            std::to_string(SIGTERM));
  // Whoever waits has to look afterwards.
  EXPECT_EQ(ends(
                [](Surroundings& around, std::vector<int>&) {
                  static Lost lost(false);
                  static Need* const needs[] = {&lost};
                  static const LossEndsWaits watched(needs, around);
                },
                k_moment),
            "t");
  EXPECT_EQ(ends(
                [](Surroundings& around, std::vector<int>&) {
                  static Lost lost(true);
                  static Need* const needs[] = {&lost};
                  const LossEndsWaits until_now(needs, around);
                },
                k_moment),
            "t");
}

}  // namespace
}  // namespace holdfast::supervision
