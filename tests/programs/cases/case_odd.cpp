// Cases that may confuse a reader of their output, or a watcher of their process.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

namespace {

TEST(Odd, long_line) {
  const std::string part(1 << 20, 'x');
  std::fwrite(part.data(), 1, part.size(), stdout);
}
TEST(Loud, at_its_end) {
  const std::string part(6 << 20, 'x');
  std::fwrite(part.data(), 1, part.size(), stdout);
  std::puts("the end of it");
}
TEST(Loud, beside_it) {}
TEST(Odd, nul_bytes) {
  const char text[] = "a\0b\n\0[       OK ] Odd.nul\n";
  std::fwrite(text, 1, sizeof text - 1, stdout);
}
TEST(Odd, forks_and_exits) {
  const pid_t child = ::fork();
  if (child == 0) std::exit(0);
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}
TEST(Odd, detaches) {
  std::thread([] {
    for (int i = 0; i < 100; ++i) {
      std::printf("from a thread %d\n", i);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }).detach();
}
TEST(Odd, forges_others) {
  std::printf(
      "[  FAILED  ] Odd.long_line (0 ms)\n[ RUN      ] Odd.nobody\n[       OK ] Odd.nobody\n");
  std::printf("\x1b[0;31m[  FAILED  ] \x1b[mOdd.nobody, where x = 1\n[  PASSED  ] 99 tests.\n");
  std::printf("[==========] Running 99 tests from 1 test suite.\n");
}
TEST(Odd, leaves_by_quick_exit) { std::quick_exit(0); }
TEST(Odd, leaves_by__exit) { ::_exit(0); }
TEST(Odd, ends_itself) { ::kill(::getpid(), SIGTERM); }
TEST(Odd, exits_in_a_thread) {
  std::thread([] { std::exit(3); }).join();
}
TEST(Odd, fails_and_returns) { FAIL() << "line one\n[       OK ] Odd.fails_and_returns"; }
TEST(Odd, last) {}

TEST(Closes, stdout_and_stderr) {
  ::close(STDOUT_FILENO);
  ::close(STDERR_FILENO);
}
TEST(Closes, then_fails) { EXPECT_EQ(1, 2); }
TEST(Closes, then_passes) {}

// Names that users give to their types.
template <typename T>
class Named : public ::testing::Test {};
struct Names {
  template <typename T>
  static std::string GetName(int) {  // NOLINT(readability-identifier-naming): GoogleTest's name
    return sizeof(T) == 1 ? "char, of one byte" : "pair<int, int>";
  }
};
using NamedTypes = ::testing::Types<char, std::pair<int, int>>;
TYPED_TEST_SUITE(Named, NamedTypes, Names);
TYPED_TEST(Named, runs) { EXPECT_EQ(sizeof(TypeParam), 1U); }

// With isolation `fork` this is the parent of the case's anchor.
TEST(Kills, who_has_forked_it) {
  std::ifstream stat("/proc/" + std::to_string(::getppid()) + "/stat");
  std::string text;
  std::getline(stat, text);
  ASSERT_NE(text.find("(holdfast-anchor)"), std::string::npos) << text;
  ::kill(static_cast<pid_t>(std::stol(text.substr(text.rfind(')') + 4))), SIGKILL);
  while (true) ::pause();
}

// All together, more than one read takes.
class Much : public ::testing::TestWithParam<int> {};
TEST_P(Much, is_printed) { std::printf("%s\n", std::string(4096, 'x').c_str()); }
INSTANTIATE_TEST_SUITE_P(So, Much, ::testing::Range(0, 220));

// All together, more than Holdfast keeps for ctest, printed little by little.
class Steady : public ::testing::TestWithParam<int> {};
TEST_P(Steady, is_printed) {
  std::printf("%s\n", std::string(8000, 'x').c_str());
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
}
INSTANTIATE_TEST_SUITE_P(So, Steady, ::testing::Range(0, 240));

// Longer than any message of the worker protocol.
class Long : public ::testing::TestWithParam<int> {};
TEST_P(Long, name) { EXPECT_NE(GetParam(), 1); }
INSTANTIATE_TEST_SUITE_P(Very, Long, ::testing::Range(0, 3),
                         [](const ::testing::TestParamInfo<int>& info) {
                           return std::string(17'000, static_cast<char>('a' + info.param));
                         });

TEST(Forges, another) {
  std::printf("[       OK ] Forges.another (0 ms)\n[ RUN      ] Forges.b\n");
}
TEST(Forges, b) { FAIL(); }
TEST(Forges, c) {}

TEST(Repeated, fails_the_second_time) {
  static int count = 0;
  EXPECT_NE(++count, 2);
}
TEST(Repeated, passes) {}

}  // namespace
