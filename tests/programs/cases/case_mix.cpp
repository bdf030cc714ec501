// A GoogleTest program of 200 cases that end as the letters of MIX say. It is built with Holdfast's
// main and without.
#include <gtest/gtest.h>
#include <holdfast/mark.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace {

[[noreturn]] void die_of(int signal) {
  ::signal(signal, SIG_DFL);
  ::raise(signal);
  std::abort();
}

void end_as(char letter) {
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
    case 't':
      while (true) ::pause();
  }
  FAIL() << "MIX does not say";
}

class Mix : public ::testing::TestWithParam<int> {};
TEST_P(Mix, ends) {
  const char* letters = std::getenv("MIX");
  ASSERT_NE(letters, nullptr);
  const char letter = letters[GetParam()];
  std::printf("case %d is to end as %c\n", GetParam(), letter);
  std::fflush(stdout);
  end_as(letter);
}
INSTANTIATE_TEST_SUITE_P(All, Mix, ::testing::Range(0, 200));

}  // namespace
