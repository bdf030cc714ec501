// A GoogleTest program with a case for each way to end, linked with Holdfast::gtest_main. START
// says what it does before main.
#include <fcntl.h>
#include <gtest/gtest.h>
#ifndef NOT_LINKED
#include <holdfast/gtest.h>
#endif
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

void* wait_for_ever(void*) {
  while (true) ::pause();
}

void announce(const char* suffix) {
  std::ofstream(variable("ANNOUNCE") + suffix, std::ios::app) << ::getpid() << "\n";
}

// Starts a process that nobody reaps, in a session of its own. Returns once that has announced
// itself.
void leave_child() {
  int ends[2];
  ASSERT_EQ(0, ::pipe(ends));
  if (::fork() == 0) {
    if (::setsid() < 0 || ::fork() != 0) ::_exit(0);
    announce(".pids");
    ::close(ends[0]);
    ::close(ends[1]);
    wait_for_ever(nullptr);
  }
  ::close(ends[1]);
  char byte = 0;
  EXPECT_EQ(0, ::read(ends[0], &byte, 1));
  ::close(ends[0]);
}

// Reaps any child that has ended, as programs with many children do.
void reap_all(int /*number*/) {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

const bool k_is_started = [] {
  const std::string wanted = variable("START");
  std::printf("start-up by stdio, ");
  std::cout << "start-up by iostream\n";
  if (wanted == "thread") {
    pthread_t thread;
    ::pthread_create(&thread, nullptr, wait_for_ever, nullptr);
  } else if (wanted == "timer") {
    const itimerval far = {{0, 0}, {3600, 0}};
    ::setitimer(ITIMER_REAL, &far, nullptr);
  } else if (wanted == "child" && ::fork() == 0) {
    ::execlp("true", "true", nullptr);
    ::_exit(127);
  } else if (wanted == "shared") {
    (void)!::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  } else if (wanted == "ignore-child") {
    ::signal(SIGCHLD, SIG_IGN);
  } else if (wanted == "handlers") {
    ::signal(SIGCHLD, reap_all);
    ::signal(SIGUSR1, reap_all);
#ifndef NOT_LINKED
  } else if (wanted == "retire") {
    holdfast::retire_worker_after_failure();
#endif
  }
  return true;
}();

struct Farewell {
  ~Farewell() { std::printf("destroyed in %d\n", ::getpid()); }
} farewell;

int runs = 0;

TEST(Ends, passes) {
  std::cout << "cout, ";
  std::printf("printf of %d\n", ::getpid());
  std::cerr << "to stderr\n";
}
TEST(Ends, fails) { EXPECT_EQ(1, 2) << "on purpose"; }
TEST(Ends, skips) { GTEST_SKIP() << "on purpose"; }
TEST(Ends, exits_0) {
  std::printf("no newline");
  std::exit(0);
}
TEST(Ends, exits_3) { std::exit(3); }
TEST(Ends, crashes) {
  ::signal(SIGSEGV, SIG_DFL);
  ::raise(SIGSEGV);
}
TEST(Ends, hangs) {
  announce(".pids");
  wait_for_ever(nullptr);
}
TEST(Ends, ignores_term) {
  ::signal(SIGTERM, SIG_IGN);
  announce(".pids");
  wait_for_ever(nullptr);
}
TEST(Ends, leaves_a_process) { leave_child(); }
TEST(Ends, uses_a_thread) {
  pthread_t thread;
  ASSERT_EQ(0, ::pthread_create(
                   &thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr));
  ::pthread_join(thread, nullptr);
}
TEST(Ends, waits_for_its_child) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(7);
  int status = 0;
  if (variable("START") == "ignore-child") {
    EXPECT_EQ(-1, ::waitpid(child, &status, 0));
  } else {
    EXPECT_EQ(child, ::waitpid(child, &status, 0));
    EXPECT_EQ(7, WEXITSTATUS(status));
  }
}
TEST(Ends, finds_what_start_up_made) {
  for (const int number : {SIGCHLD, SIGUSR1}) {
    struct sigaction action = {};
    ::sigaction(number, nullptr, &action);
    EXPECT_EQ(&reap_all, action.sa_handler) << number;
  }
  sigset_t blocked;
  ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
  for (int number = 1; number <= SIGRTMAX; ++number) EXPECT_NE(1, ::sigismember(&blocked, number));
  char name[16] = "";
  ::prctl(PR_GET_NAME, name, 0, 0, 0);
  EXPECT_STREQ("gtest_cases", name);
}
TEST(Ends, has_three_descriptors_and_its_report) {
  int count = 0;
  for (int number = 3; number < 256; ++number) {
    if (::fcntl(number, F_GETFD) == 0) {
      ++count;
      EXPECT_NE(0, ::fcntl(number, F_GETFD) & FD_CLOEXEC) << number;
    }
  }
  std::printf("descriptors beyond stderr: %d\n", count);
}

TEST(State, first) { EXPECT_EQ(1, ++runs); }
TEST(State, second) { EXPECT_EQ(1, ++runs); }

TEST(DeathTest, fast) {
  ::testing::GTEST_FLAG(death_test_style) = "fast";
  EXPECT_DEATH(std::abort(), "");
}
TEST(DeathTest, threadsafe) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(std::exit(4), ::testing::ExitedWithCode(4), "");
}
TEST(DeathTest, survives) { EXPECT_DEATH((void)0, ""); }

// Each of the two passes only while the other runs.
void meet(const char* own, const char* other) {
  announce(own);
  const std::string file = variable("ANNOUNCE") + other;
  for (int i = 0; i < 20'000 && ::access(file.c_str(), F_OK) != 0; ++i) ::usleep(1000);
  EXPECT_EQ(0, ::access(file.c_str(), F_OK)) << "nobody came";
}
TEST(Meet, one) { meet(".one", ".other"); }
TEST(Meet, other) { meet(".other", ".one"); }

class Values : public ::testing::TestWithParam<int> {};
TEST_P(Values, is_small) { EXPECT_LT(GetParam(), 3); }
INSTANTIATE_TEST_SUITE_P(All, Values, ::testing::Values(1, 2, 3));

// Names of types may hold characters that have a meaning in a filter.
struct Names {
  template <typename T>
  static std::string GetName(int) {  // NOLINT(readability-identifier-naming): GoogleTest's name
    return sizeof(T) == 1 ? "std::char-*" : "std::int-*";
  }
};
template <typename T>
class Typed : public ::testing::Test {};
using Types = ::testing::Types<char, int>;
TYPED_TEST_SUITE(Typed, Types, Names);
TYPED_TEST(Typed, runs) { EXPECT_LE(sizeof(TypeParam), 4U); }

TEST(Ends, DISABLED_never) { FAIL(); }
TEST(DISABLED_Suite, never) { FAIL(); }

// Closes even its report socket, so exec sees only its anchor.
TEST(Lost, closes_all_and_hangs) {
  for (int fd = 3; fd < 1024; ++fd) ::close(fd);
  announce(".pids");
  wait_for_ever(nullptr);
}
TEST(Lost, closes_all) {
  for (int fd = 3; fd < 1024; ++fd) ::close(fd);
}
// It runs after those that announce themselves.
TEST(Lost, is_beside_nobody) {
  std::ifstream file(variable("ANNOUNCE") + ".pids");
  pid_t other = 0;
  ASSERT_TRUE(file >> other);
  EXPECT_NE(0, ::kill(other, 0)) << "it is still there";
}

}  // namespace
