#include "os/process/bounded_work.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "os/child_process.hpp"
#include "os/file/clock.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

using Kind = BoundedEnd::Kind;

constexpr Milliseconds k_plenty{60'000};

BoundedOrder command(std::vector<std::string> words, Milliseconds time = k_plenty) {
  BoundedOrder order;
  order.words = std::move(words);
  order.environment = {"PATH=/usr/bin:/bin", "A=b c"};
  order.time = time;
  return order;
}

BoundedOrder shell(const std::string& script, Milliseconds time = k_plenty) {
  return command({"/bin/sh", "-c", script}, time);
}

// Whether a process with this pid lives and is not only a zombie.
bool lives(pid_t pid) {
  const Result<ProcessStat> stat = read_process_stat(pid);
  return stat && stat->state != 'Z' && stat->state != 'X';
}

TEST(BoundedWork, ACommandsOutputAndEndComeBack) {
  const BoundedEnd end = run_bounded(shell("echo out; echo err >&2; echo \"$A\"; pwd; exit 3"));
  EXPECT_EQ(end.kind, Kind::exited);
  EXPECT_EQ(end.code, 3);
  char here[4096];
  EXPECT_EQ(end.output, std::string("out\nerr\nb c\n") + ::getcwd(here, sizeof here) + "\n");
  EXPECT_EQ(end.errors, "");
  const BoundedEnd killed = run_bounded(shell("kill -SEGV $$"));
  EXPECT_EQ(killed.kind, Kind::signalled);
  EXPECT_EQ(killed.code, SIGSEGV);
}

TEST(BoundedWork, ErrorsMayComeApartAndTheDirectoryMayBeAnother) {
  BoundedOrder order = shell("pwd; echo err >&2");
  order.errors_apart = true;
  order.directory = "/";
  const BoundedEnd end = run_bounded(order);
  EXPECT_EQ(end.output, "/\n");
  EXPECT_EQ(end.errors, "err\n");
}

TEST(BoundedWork, WhatCannotBeStartedSaysWhy) {
  const BoundedEnd missing = run_bounded(command({"no-such-command-of-holdfast"}));
  EXPECT_EQ(missing.kind, Kind::not_started);
  EXPECT_EQ(missing.code, ENOENT);
  EXPECT_EQ(run_bounded(command({"/etc/passwd"})).code, EACCES);
  BoundedOrder nowhere = shell("true");
  nowhere.directory = "/no/such/directory";
  EXPECT_EQ(run_bounded(nowhere).code, ENOENT);
  EXPECT_EQ(run_bounded(nowhere).kind, Kind::not_started);
}

TEST(BoundedWork, LargeOutputIsReadToItsEndAndCut) {
  BoundedOrder order = shell("head -c 3000000 /dev/zero | tr '\\0' x; echo end");
  order.most_output = 1000;
  const BoundedEnd end = run_bounded(order);
  EXPECT_EQ(end.kind, Kind::exited);
  EXPECT_EQ(end.code, 0);
  EXPECT_EQ(end.output, std::string(1000, 'x'));
  EXPECT_TRUE(end.output_cut);
}

TEST(BoundedWork, WhenTheTimeIsOverAllOfItIsEnded) {
  // The command resists its end by every means.
  const Milliseconds before = monotonic_now();
  const BoundedEnd end = run_bounded(
      shell("trap '' TERM HUP; setsid sh -c 'trap \"\" TERM; echo $$; exec sleep 1000' & "
            "echo begun; sleep 1000",
            Milliseconds{500}));
  EXPECT_EQ(end.kind, Kind::too_late);
  EXPECT_LT(monotonic_now() - before, k_patience);
  const std::size_t digits = end.output.find_first_of("123456789");
  if (digits != std::string::npos) {  // a slow machine may not reach the echo
    const pid_t left = static_cast<pid_t>(std::stol(end.output.substr(digits)));
    EXPECT_TRUE(becomes_true([&] { return !lives(left); }));
  }
}

TEST(BoundedWork, WhenTheTimeIsOverACommandHasAMomentToEndByItself) {
  // On a busy machine the moment may be too short.
  EXPECT_TRUE(becomes_true([] {
    const BoundedEnd end =
        run_bounded(shell("trap 'echo ended; exit' TERM; sleep 1000 & wait", Milliseconds{200}));
    EXPECT_EQ(end.kind, Kind::too_late);
    return end.output == "ended\n";
  }));
}

TEST(BoundedWork, WhatACommandLeavesBehindEndsWithIt) {
  const BoundedEnd end =
      run_bounded(shell("setsid sh -c 'exec sleep 1000' >/dev/null 2>&1 & echo $!"));
  EXPECT_EQ(end.kind, Kind::exited);
  const pid_t left = static_cast<pid_t>(std::stol(end.output));
  EXPECT_TRUE(becomes_true([&] { return !lives(left); }));
}

TEST(BoundedWork, OutputThatIsHeldOpenHoldsNobodyUp) {
  const Milliseconds before = monotonic_now();
  const BoundedEnd end = run_bounded(shell("sleep 1000 & echo done"));
  EXPECT_EQ(end.kind, Kind::exited);
  EXPECT_EQ(end.output, "done\n");
  EXPECT_LT(monotonic_now() - before, k_patience);
}

TEST(BoundedWork, OurOwnWorkReturnsATextOrAnError) {
  BoundedOrder order;
  order.time = k_plenty;
  order.work = [] { return Result<std::string>(std::string(200'000, 'y')); };
  order.most_output = 1'000'000;
  const BoundedEnd end = run_bounded(order);
  EXPECT_EQ(end.kind, Kind::exited);
  EXPECT_EQ(end.code, 0);
  EXPECT_EQ(end.output.size(), 200'000U);
  order.work = [] { return Result<std::string>(Error{"look at it"}); };
  EXPECT_EQ(run_bounded(order).code, 1);
  EXPECT_EQ(run_bounded(order).output, "failed to look at it");
  order.work = [] {
    ::pause();
    return Result<std::string>(std::string());
  };
  order.time = Milliseconds{100};
  EXPECT_EQ(run_bounded(order).kind, Kind::too_late);
}

TEST(BoundedWork, KeepsNoDescriptorOfOurs) {
  const Channel channel;
  // 3 is the directory that ls reads.
  EXPECT_EQ(run_bounded(command({"ls", "/proc/self/fd"})).output, "0\n1\n2\n3\n");
  BoundedOrder order;
  order.time = k_plenty;
  const int held = channel.read_fd();
  order.work = [held] {
    const bool open = ::fcntl(held, F_GETFD) >= 0 && held > 5;
    return Result<std::string>(std::string(open ? "open" : "closed"));
  };
  EXPECT_EQ(run_bounded(order).output, "closed");
}

TEST(BoundedWork, SeveralRunBesideOneAnother) {
  const Milliseconds before = monotonic_now();
  std::vector<std::unique_ptr<BoundedWork>> works;
  std::vector<BoundedWork*> all;
  for (int i = 0; i < 8; ++i) {
    works.push_back(std::make_unique<BoundedWork>(shell("sleep 1000", Milliseconds{800})));
    all.push_back(works.back().get());
  }
  await(all);
  for (const auto& work : works) EXPECT_EQ(work->end().kind, Kind::too_late);
  EXPECT_LT(monotonic_now() - before, k_patience);
}

TEST(BoundedWork, OneThatIsGivenUpIsEnded) {
  const Channel channel;
  BoundedOrder order;
  order.time = k_plenty;
  pid_t left = -1;
  {
    order.words = {"/bin/sh", "-c", "echo $$; exec sleep 1000"};
    BoundedWork work(order);
    ASSERT_TRUE(becomes_true([&] {
      work.go_on();
      return work.end().output.find('\n') != std::string::npos;
    }));
    left = static_cast<pid_t>(std::stol(work.end().output));
    EXPECT_TRUE(lives(left));
  }
  EXPECT_TRUE(becomes_true([&] { return !lives(left); }));
}

TEST(BoundedWork, ItEndsWhenWhoeverWantedItDies) {
  Channel channel;
  Child wanting([&] {
    BoundedOrder order = shell("echo $$; exec sleep 1000");
    BoundedWork work(order);
    while (work.end().output.find('\n') == std::string::npos) work.go_on();
    channel.say(work.end().output.substr(0, work.end().output.find('\n')));
    ::pause();
    return 0;
  });
  const pid_t left = static_cast<pid_t>(std::stol(channel.hear()));
  EXPECT_TRUE(lives(left));
  wanting.signal(SIGKILL);
  EXPECT_EQ(wanting.wait(), 1000 + SIGKILL);
  EXPECT_TRUE(becomes_true([&] { return !lives(left); }));
}

TEST(BoundedWork, ACommandReadsItsInputAndElseNothing) {
  BoundedOrder order = shell("cat; printf .");
  EXPECT_EQ(run_bounded(order).output, ".");
  order.input = std::string(200'000, 'x');
  order.most_output = 1'000'000;
  EXPECT_EQ(run_bounded(order).output, order.input + ".");
}

// A killer for want of memory may choose it.
TEST(BoundedWork, WhoseRunnerIsKilledHasNotEndedWell) {
  BoundedOrder order;
  order.time = k_plenty;
  order.work = [] {
    ::kill(::getppid(), SIGKILL);
    return Result<std::string>(std::string("done"));
  };
  const BoundedEnd end = run_bounded(order);
  EXPECT_EQ(end.kind, Kind::signalled);
  EXPECT_EQ(end.code, SIGKILL);
}

TEST(BoundedWork, WhoseRunnerIsStoppedIsTooLate) {
  BoundedOrder order;
  order.time = Milliseconds{1000};
  order.work = [] {
    ::kill(::getppid(), SIGSTOP);
    ::pause();
    return Result<std::string>(std::string());
  };
  EXPECT_EQ(run_bounded(order).kind, Kind::too_late);
  // The runner is our child, and ends what it has when it goes on.
  EXPECT_TRUE(becomes_true([] {
    int status = 0;
    const pid_t seen = ::waitpid(-1, &status, WNOHANG | WUNTRACED);
    if (seen > 0 && WIFSTOPPED(status)) ::kill(seen, SIGCONT);
    return seen < 0;
  }));
}

TEST(BoundedWork, ACommandIgnoresNoSignalThatWeIgnore) {
  Child child([] {
    ::signal(SIGUSR1, SIG_IGN);
    const BoundedEnd end = run_bounded(shell("kill -USR1 $$; echo alive"));
    return end.kind == Kind::signalled && end.code == SIGUSR1 ? 0 : 1;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(BoundedWork, OfErrorsTheFirstAreKept) {
  BoundedOrder order = shell("head -c 10000 /dev/zero | tr '\\0' x >&2; exit 3");
  order.errors_apart = true;
  const BoundedEnd end = run_bounded(order);
  EXPECT_EQ(end.code, 3);
  EXPECT_EQ(end.errors, std::string(4096, 'x'));
}

TEST(BoundedWork, WhatIsWrongWithItIsSaidWithItsLastLine) {
  const struct {
    Kind kind;
    int code;
    const char* output;
    const char* trouble;
  } rows[] = {
      {Kind::exited, 0, "fine\n", ""},
      {Kind::exited, 3, "first\nlast\n\n", "`sh` ended with exit code 3: last"},
      {Kind::exited, 3, "only", "`sh` ended with exit code 3: only"},
      {Kind::exited, 3, "\n", "`sh` ended with exit code 3"},
      {Kind::signalled, 9, "last\n", "`sh` was killed by signal 9: last"},
      {Kind::too_late, 0, "", "`sh` took too long"},
      {Kind::not_started, ENOENT, "x", "`sh` could not be started: No such file or directory"},
  };
  for (const auto& row : rows) {
    BoundedEnd end;
    end.kind = row.kind;
    end.code = row.code;
    end.output = row.output;
    EXPECT_EQ(trouble_with("sh", end), row.trouble);
  }
}

}  // namespace
}  // namespace holdfast::os
