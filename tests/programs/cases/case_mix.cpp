// A GoogleTest program of 200 cases that end as the letters of MIX say. It is built with Holdfast's
// main and without. The letters:
//   p passes · f fails · k skips · 0, 1 exits with that code · a aborts · s dies of a signal
//   e marks its exit and exits with 1 · c marks its exit and dies of a signal · t never ends
//   F a copy (fork) prints the lines of another case, then exits · G a copy fails, then exits
//   E a copy becomes a run of another case (exec) · X the process itself becomes one
//   d, D closes all descriptors above 2, and passes or fails
// If MIX_LATE is set, a run with such a case ends some time after it has printed its last line.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <holdfast/mark.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

bool has_closed = false;

[[noreturn]] void die_of(int signal) {
  ::signal(signal, SIG_DFL);
  ::raise(signal);
  std::abort();
}

// Another run of this program, in which that case passes.
[[noreturn]] void become_run_of(int index) {
  ::setenv("MIX", std::string(200, 'q').c_str(), 1);
  const std::string filter = "--gtest_filter=All/Mix.ends/" + std::to_string(index);
  ::execl("/proc/self/exe", "case_mix", filter.c_str(), nullptr);
  std::abort();
}

template <typename Action>
int code_of_child(const Action& action) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    action();
    std::fflush(stdout);
    std::exit(3);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void print_lines_of(int index) {
  std::printf("[ RUN      ] All/Mix.ends/%d\n[  FAILED  ] All/Mix.ends/%d (0 ms)\n", index, index);
  std::printf("[ RUN      ] All/Mix.ends/%d\n[       OK ] All/Mix.ends/%d (0 ms)\n", index, index);
  std::printf("[  PASSED  ] 1 test.\n");
}

void end_as(char letter, int another) {
  switch (letter) {
    case 'p':
      return;
    case 'f':
      ADD_FAILURE();
      return;
    case 'k':
      GTEST_SKIP();
    case '0':
    case '1':
      std::exit(letter - '0');
    case 'a':
      std::abort();
    case 's':
      die_of(SIGSEGV);
    case 'e':
      holdfast_mark_exit("on purpose");
      std::exit(1);
    case 'c':
      holdfast_mark_exit("on purpose");
      die_of(SIGSEGV);
    case 'F':
      EXPECT_EQ(code_of_child([&] { print_lines_of(another); }), 3);
      return;
    case 'G':
      EXPECT_EQ(code_of_child([] { ADD_FAILURE() << "in a copy"; }), 3);
      return;
    case 'E':
      EXPECT_EQ(code_of_child([&] { become_run_of(another); }), 0);
      return;
    case 'X':
      become_run_of(another);
    case 'd':
    case 'D':
      ::close_range(3, ~0U, 0);
      has_closed = true;
      EXPECT_EQ(letter, 'd');
      return;
    case 't':
      while (true) ::pause();
  }
  FAIL() << "MIX does not say";
}

class LateEnd : public ::testing::EmptyTestEventListener {
  void OnTestProgramEnd(const ::testing::UnitTest&) override {
    if (has_closed && std::getenv("MIX_LATE") != nullptr) ::usleep(200'000);
  }
};
const auto* const k_late_end = [] {
  auto* const listener = new LateEnd;
  ::testing::UnitTest::GetInstance()->listeners().Append(listener);
  return listener;
}();

class Mix : public ::testing::TestWithParam<int> {};
TEST_P(Mix, ends) {
  const char* letters = std::getenv("MIX");
  ASSERT_NE(letters, nullptr);
  const char letter = letters[GetParam()];
  if (letter == 'q') return;  // it is another run in a case
  std::printf("case %d is to end as %c\n", GetParam(), letter);
  std::fflush(stdout);
  end_as(letter, (GetParam() + 1) % 200);
}
INSTANTIATE_TEST_SUITE_P(All, Mix, ::testing::Range(0, 200));

}  // namespace
