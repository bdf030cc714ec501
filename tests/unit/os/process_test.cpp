#include "os/process/process.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>

#include "os/child_process.hpp"

namespace holdfast::os {
namespace {

// A child that says "ready" and stays.
Child sleeper(Channel& told, const std::string& name = "") {
  return Child([&told, name] {
    if (!name.empty()) ::prctl(PR_SET_NAME, name.c_str(), 0, 0, 0);
    told.say("ready");
    while (true) ::pause();
    return 0;
  });
}

// A child with one thread, which is not the main thread.
Child one_whose_main_thread_ended() {
  return Child([] {
    pthread_t other{};
    const auto stay = [](void*) -> void* {
      while (true) ::pause();
    };
    ::pthread_create(&other, nullptr, stay, nullptr);
    ::syscall(SYS_exit, 0);  // of this thread alone, and without its destructors
    return 1;
  });
}

// A zombie counts, too: nothing looks for zombies.
TEST(Process, IsBeingKilledFromTheSignalUntilItIsGone) {
  Channel told;
  Child child([&] {
    const std::vector<char> memory(std::size_t{64} << 20U, 'x');
    told.say(memory.back() == 'x' ? "ready" : "no memory");
    while (true) ::pause();
    return 0;
  });
  ASSERT_EQ(told.hear(), "ready");
  EXPECT_FALSE(is_being_killed(child.pid()));
  child.signal(SIGWINCH);
  EXPECT_FALSE(is_being_killed(child.pid()));
  child.signal(SIGKILL);
  EXPECT_TRUE(is_being_killed(child.pid()));
  EXPECT_EQ(child.wait(), 1000 + SIGKILL);
  EXPECT_FALSE(is_being_killed(child.pid()));
}

TEST(Process, IsDyingFromTheSignalUntilItIsGone) {
  EXPECT_FALSE(is_dying(::getpid()));
  const pid_t child = ::fork();
  if (child == 0) {
    while (true) ::pause();
  }
  EXPECT_FALSE(is_dying(child));
  ::kill(child, SIGKILL);
  EXPECT_TRUE(is_dying(child));
  siginfo_t end{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &end, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(is_dying(child)) << "a zombie";
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(is_dying(child)) << "it is gone";
}

TEST(Process, IsStoppingFromTheSignalOn) {
  const Child child([] {
    while (true) ::pause();
    return 0;
  });
  ASSERT_TRUE(becomes_true([&] { return sleeps(child.pid()); }));
  for (int i = 0; i < 200; ++i) {
    EXPECT_FALSE(is_stopping(child.pid()));
    child.signal(SIGSTOP);
    ASSERT_TRUE(is_stopping(child.pid())) << "in round " << i;
    child.signal(SIGCONT);
  }
  EXPECT_FALSE(is_stopping(0)) << "there is no such process";
}

TEST(Process, IsStoppedIfItIsTheOneThatIsMeant) {
  const Child child([] {
    while (true) ::pause();
    return 0;
  });
  const std::uint64_t start = read_process_stat(child.pid())->start;
  child.signal(SIGSTOP);
  EXPECT_TRUE(becomes_true([&] { return is_stopped(ProcessName{child.pid(), start}); }));
  EXPECT_FALSE(is_stopped(ProcessName{child.pid(), start + 1}));
}

TEST(Process, SupervisorsAreKnownByTheirNames) {
  Channel told;
  for (const std::string_view name : {k_guard_name, k_launcher_name, k_keeper_name, k_etcd_name}) {
    const Child child = sleeper(told, std::string(name));
    ASSERT_EQ(told.hear(), "ready");
    EXPECT_EQ(inner_supervisors({{child.pid(), ::getpid()}}), std::vector<pid_t>{child.pid()})
        << name;
  }
  const Child other = sleeper(told, "holdfast");
  ASSERT_EQ(told.hear(), "ready");
  EXPECT_TRUE(inner_supervisors({{other.pid(), ::getpid()}}).empty());
}

TEST(Process, AStatWithoutANameHasNoFields) {
  EXPECT_EQ(stat_field("17 (a) b) S 4", 3), "S");
  EXPECT_EQ(stat_field("17 (a) b) S 4", 5), "");
  EXPECT_EQ(stat_field("", 3), "");
  EXPECT_EQ(stat_field("17 a S", 3), "");
}

TEST(Process, ATerminalIsNamedAsASender) {
  EXPECT_EQ(named_sender(SignalSource::terminal, 0, 0), "the terminal");
  EXPECT_EQ(named_sender(SignalSource::process, 0, 7), "a process that we cannot see of user 7");
}

TEST(Process, IsStoppedWithoutItsMainThread) {
  Child child = one_whose_main_thread_ended();
  ASSERT_TRUE(becomes_true([&] { return read_process_stat(child.pid())->state == 'Z'; }));
  EXPECT_FALSE(is_stopped(child.pid()));
  EXPECT_FALSE(is_stopping(child.pid()));
  child.signal(SIGSTOP);
  EXPECT_TRUE(is_stopping(child.pid()));
  EXPECT_TRUE(becomes_true([&] { return is_stopped(child.pid()); }));
}

TEST(Process, AnOddNameDoesNotConfuseTheFieldsAfterIt) {
  for (const char* name : {"plain", "a b", ")", "(", "a) R 1 (b", ") Z 1 1 1", "line\nbreak",
                           "))))))))))))))", "", "\xFF\x01", "15 bytes exactl"}) {
    Channel told;
    Child child([&] {
      ::prctl(PR_SET_NAME, name, 0, 0, 0);
      told.say("ready");
      while (true) ::pause();
      return 0;
    });
    ASSERT_EQ(told.hear(), "ready");
    ASSERT_TRUE(becomes_true([&] { return sleeps(child.pid()); })) << name;
    const Result<ProcessStat> stat = read_process_stat(child.pid());
    ASSERT_TRUE(stat) << name;
    EXPECT_EQ(stat->name, name);
    EXPECT_EQ(stat->parent, ::getpid()) << name;
    EXPECT_EQ(stat->state, 'S') << name;
    EXPECT_GE(stat->start, own_name().start) << name;
  }
}

TEST(Process, TheStartTimeIsTheSameForOnesOwnAndForOthersEyes) {
  EXPECT_EQ(own_name().pid, ::getpid());
  EXPECT_GT(own_name().start, 0U);
  const ProcessName parent = own_name();
  Child child([&] {
    const Result<ProcessStat> stat = read_process_stat(::getppid());
    return stat && stat->start == parent.start && is_alive(parent) ? 0 : 1;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(Process, ThereIsNoStatOfAProcessThatIsGone) {
  Channel told;
  Child child = sleeper(told);
  const pid_t pid = child.pid();
  child.signal(SIGKILL);
  EXPECT_EQ(child.wait(), 1000 + SIGKILL);
  EXPECT_FALSE(read_process_stat(pid));
  EXPECT_FALSE(read_process_stat(0));
  EXPECT_FALSE(read_process_stat(-1));
}

TEST(Process, AWatchedOneBecomesReadableWhenItEnds) {
  Channel told;
  Child child = sleeper(told);
  ASSERT_EQ(told.hear(), "ready");
  const ProcessName name{child.pid(), read_process_stat(child.pid())->start};
  const Result<UniqueFd> watched = watch_process(name);
  ASSERT_TRUE(watched);
  EXPECT_TRUE(is_alive(name));
  EXPECT_FALSE(readable(watched->get(), Milliseconds{0}));
  child.signal(SIGKILL);
  EXPECT_TRUE(readable(watched->get()));
}

TEST(Process, AZombieIsGone) {
  Channel told;
  Child child = sleeper(told);
  ASSERT_EQ(told.hear(), "ready");
  const ProcessName name{child.pid(), read_process_stat(child.pid())->start};
  child.signal(SIGKILL);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(read_process_stat(name.pid));
  EXPECT_FALSE(is_alive(name));
  const Result<UniqueFd> watched = watch_process(name);
  ASSERT_FALSE(watched);
  EXPECT_EQ(watched.error().message,
            "watch process " + std::to_string(name.pid) + ": No such process");
}

TEST(Process, AProcessLivesWithoutItsMainThreadWhileAnotherThreadLives) {
  Child child = one_whose_main_thread_ended();
  ASSERT_TRUE(becomes_true([&] { return read_process_stat(child.pid())->state == 'Z'; }));
  const ProcessName name{child.pid(), read_process_stat(child.pid())->start};
  EXPECT_FALSE(has_ended(*read_process_stat(child.pid())));
  EXPECT_TRUE(is_alive(name));
  EXPECT_FALSE(is_dying(child.pid()));
  const Result<UniqueFd> watched = watch_process(name);
  ASSERT_TRUE(watched);
  EXPECT_FALSE(readable(watched->get(), Milliseconds{0}));
  child.signal(SIGKILL);
  EXPECT_TRUE(readable(watched->get()));
  EXPECT_FALSE(is_alive(name));
}

TEST(Process, ARecycledPidIsAnotherProcess) {
  Channel told;
  Child child = sleeper(told);
  ASSERT_EQ(told.hear(), "ready");
  const std::uint64_t start = read_process_stat(child.pid())->start;
  for (std::uint64_t other : {start - 1, start + 1, std::uint64_t{0}}) {
    EXPECT_FALSE(watch_process({child.pid(), other}));
    EXPECT_FALSE(is_alive({child.pid(), other}));
  }
  EXPECT_TRUE(watch_process({child.pid(), start}));
}

TEST(Process, OnlyTheParentIsWatchedAsTheParent) {
  const pid_t parent = ::getpid();
  const pid_t grandparent = ::getppid();
  Child child([&] {
    if (!watch_parent(parent)) return 1;
    return watch_parent(grandparent) ? 2 : 0;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(Process, TheBootIdIsOneShortLine) {
  EXPECT_EQ(boot_id().size(), 36U);
  EXPECT_EQ(boot_id(), boot_id());
}

TEST(Process, TheProgramIsTheOneThatRuns) {
  const Result<std::string> program = own_program();
  ASSERT_TRUE(program);
  EXPECT_EQ(program->substr(program->rfind('/')), "/os_test");
}

TEST(Process, ItsCommandLineSteersNoTerminal) {
  const Child child([] {
    ::execl("/bin/sh", "sh", "-c", "kill -STOP $$", "a\x1b[2Jb\n", "c", "  ", nullptr);
    return 1;
  });
  EXPECT_TRUE(becomes_true([&] { return is_stopped(child.pid()); }));
  EXPECT_EQ(command_line_of(child.pid(), 100), "sh -c kill -STOP $$ a [2Jb  c");
}

// ps shows what is behind the arguments if they do not end where they ended.
TEST(Process, ItsTitleShowsNothingOfItsEnvironment) {
  Child child([] {
    char place[] = "ab\0cdef\0SECRET=1";
    char* arguments[] = {place, place + 3, nullptr};
    char** const copies = take_arguments(arguments);
    if (std::string_view(copies[0]) != "ab" || std::string_view(copies[1]) != "cdef") return 1;
    set_process_title("titled", {"a title that is longer"});
    if (std::string_view(place, 8) != std::string_view("a title\0", 8)) return 2;
    return std::string_view(place + 8) == "SECRET=1" && copies[2] == nullptr ? 0 : 3;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(Process, IsNamedAsFarAsItIsKnown) {
  EXPECT_EQ(named_process(0), "a process that we cannot see");
  const std::string own = std::to_string(::getpid());
  EXPECT_EQ(named_process(::getpid()), read_process_stat(::getpid())->name + " (pid " + own + ")");
  Child child([] { return 0; });
  const pid_t gone = child.pid();
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(named_process(gone), "pid " + std::to_string(gone));
}

TEST(Process, ALauncherIsStoppedIfTheTestBelowItsGuardIs) {
  Channel told;
  const auto stay = [] {
    while (true) ::pause();
    return 0;
  };
  const Child launcher([&] {
    if (::fork() != 0) return stay();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // the guard
    if (::fork() != 0) return stay();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    told.say(std::to_string(::getpid()));
    return stay();
  });
  const pid_t test = std::stoi(told.hear());
  const ProcessName name{launcher.pid(), read_process_stat(launcher.pid())->start};
  EXPECT_FALSE(is_stopped(name));
  ::kill(test, SIGSTOP);
  EXPECT_TRUE(becomes_true([&] { return is_stopped(name); }));
  EXPECT_FALSE(is_stopped(launcher.pid()));
}

}  // namespace
}  // namespace holdfast::os
