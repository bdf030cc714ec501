// What happens outside of cases, and in copies of the program:
//
// SET_UP=skip|fail|anew, TEAR_DOWN=fail: of a global environment; `anew` starts the program anew.
// SUITE=fail: of the suite's tear-down. COPY=fail|abort|exit|skip: a case forks, and this is what
// the copy does in the next case.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

static std::string told(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// In this process, with the same arguments.
[[noreturn]] static void start_anew() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::setenv("SET_UP", "", 1);
  ::execv("/proc/self/exe", arguments.data());
  std::abort();
}

class Surroundings : public testing::Environment {
 public:
  void SetUp() override {
    if (told("SET_UP") == "skip") GTEST_SKIP() << "there is no board";
    if (told("SET_UP") == "fail") FAIL() << "the licence server is down";
    if (told("SET_UP") == "anew") start_anew();
  }
  void TearDown() override {
    if (told("TEAR_DOWN") == "fail") ADD_FAILURE() << "two sockets are open";
  }
};
static testing::Environment* const surroundings =
    testing::AddGlobalTestEnvironment(new Surroundings);

class Board : public testing::Test {
 public:
  static void TearDownTestSuite() {
    if (told("SUITE") == "fail") ADD_FAILURE() << "rows are left";
  }
};
TEST_F(Board, leds) {}
TEST_F(Board, fan) {}
TEST(Bus, scan) {}

static bool is_copy = false;
TEST(Copy, forks) {
  const pid_t child = ::fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    is_copy = true;
    return;
  }
  int status = 0;
  ::waitpid(child, &status, 0);
}
TEST(Copy, next) {
  if (!is_copy) return;
  if (told("COPY") == "abort") std::abort();
  if (told("COPY") == "exit") std::_Exit(0);
  if (told("COPY") == "skip") GTEST_SKIP() << "a copy";
  FAIL() << "a copy";
}
TEST(Copy, last) {}
