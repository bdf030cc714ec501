// A GoogleTest program with a case for every way to end. It is unmodified, except for markers.
#include <gtest/gtest.h>
#include <holdfast/mark.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

namespace {

[[noreturn]] void die_of(int signal) {
  ::signal(signal, SIG_DFL);
  ::raise(signal);
  std::abort();
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

TEST(Ends, pass) { std::printf("said by pass\n"); }
TEST(Ends, fail) { EXPECT_EQ(1, 2) << "said by fail"; }
TEST(Ends, exit_0) { std::exit(0); }
TEST(Ends, exit_1) { std::exit(1); }
TEST(Ends, abort) { die_of(SIGABRT); }
TEST(Ends, segfault) { die_of(SIGSEGV); }
TEST(Ends, marker_and_exit) {
  EXPECT_EQ(1, 2);
  holdfast_mark_exit("on purpose");
  std::exit(1);
}
TEST(Ends, marker_and_exit_0) {
  holdfast_mark_exit("on purpose");
  std::exit(0);
}
TEST(Ends, marker_and_segfault) {
  holdfast_mark_exit("on purpose");
  die_of(SIGSEGV);
}
TEST(Ends, hang) {
  while (true) ::pause();
}
TEST(Ends, skip) { GTEST_SKIP() << "said by skip"; }
TEST(Ends, DISABLED_never) { die_of(SIGILL); }
TEST(Ends, mimic) {
  std::printf("[       OK ] Ends.last (0 ms)\n[ RUN      ] Ends.fail\n");
  std::printf("[  FAILED  ] Ends.fail (0 ms)\n[==========] 1 test from 1 test suite ran.\n");
}
TEST(Ends, last) { std::printf("no line break"); }

// The cases with this go well in any attempt but the first.
bool is_first_attempt() { return variable("HOLDFAST_ATTEMPT") == "1"; }

TEST(Again, passes) { std::printf("said by passes\n"); }
TEST(Again, fails_first) { EXPECT_FALSE(is_first_attempt()); }
TEST(Again, crashes_first) {
  if (is_first_attempt()) die_of(SIGSEGV);
}
TEST(Again, passes_too) {}

void leave_a_process() {
  if (::fork() == 0) {
    ::setsid();
    while (true) ::pause();
  }
}
TEST(Leaves, a_process) { leave_a_process(); }
TEST(Skips, and_leaves_a_process) {
  leave_a_process();
  GTEST_SKIP();
}

TEST(Where, it_is) {
  std::cout << "directory " << std::filesystem::current_path().string() << '\n';
  std::cout << "namespace " << std::filesystem::read_symlink("/proc/self/ns/pid").string() << '\n';
  std::cout << "cgroups " << std::ifstream("/proc/self/cgroup").rdbuf() << std::endl;
}

// With isolation `fork` the parent is the anchor.
TEST(Kills, who_looks_after_it) { ::kill(::getppid(), SIGKILL); }

// It prints lines as if it ran another GoogleTest program, and its own GoogleTest may print
// nothing.
TEST(Pace, first) { std::printf("[ RUN      ] Inner.x\n[       OK ] Inner.x (0 ms)\n"); }
TEST(Pace, waits) {
  while (::access(variable("GO").c_str(), F_OK) != 0) ::usleep(1000);
}
TEST(Pace, second) {}
TEST(Pace, hangs) {
  while (true) ::pause();
}

// Its last case ends long before its suite does.
class Down : public ::testing::Test {
 public:
  static void TearDownTestSuite() {
    while (::access(variable("GO").c_str(), F_OK) != 0) ::usleep(1000);
  }
};
TEST_F(Down, first) {}
TEST_F(Down, last) {}

int state = 0;
TEST(State, first) { EXPECT_EQ(1, ++state); }
TEST(State, second) { EXPECT_EQ(1, ++state); }

TEST(Streams, both) {
  for (int i = 0; i < 1000; ++i) {
    std::fprintf(stdout, "out %d\n", i);
    std::fflush(stdout);
    std::fprintf(stderr, "err %d\n", i);
  }
}
TEST(Streams, much) {
  for (int i = 0; i < 200000; ++i) std::printf("%059d\n", i);
}

class Twenty : public ::testing::TestWithParam<int> {};
TEST_P(Twenty, exit_on_purpose) {
  EXPECT_EQ(GetParam(), -1);
  holdfast_mark_exit("on purpose");
  std::exit(1);
}
TEST_P(Twenty, segfault) { die_of(SIGSEGV); }
TEST_P(Twenty, pass) {}
// GoogleTest calls this after it has read its options, and before it chooses the printer. So the
// program itself can say that nothing is printed of passed cases.
int twenty() {
  if (!variable("BRIEF").empty()) GTEST_FLAG_SET(brief, true);
  return 20;
}
INSTANTIATE_TEST_SUITE_P(Of, Twenty, ::testing::Range(0, twenty()));

// It dies before the first case of the suite, between two cases, or after the last.
class Suite : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (variable("SET_UP") == "die") die_of(SIGSEGV);
  }
};
TEST_F(Suite, one) {}
TEST_F(Suite, two) {}

struct AtExit {
  ~AtExit() {
    if (variable("AT_EXIT") == "code") ::_exit(23);
    if (variable("AT_EXIT") == "die") die_of(SIGSEGV);
  }
} at_exit;

}  // namespace
