// A program of which main() does less when it only lists its cases, or which ends before them:
//
// EARLY=CODE: a real run returns CODE before its cases. AFTER=FILE: each process appends a line to
// the file when RUN_ALL_TESTS() has returned.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#ifdef IN_LIBRARY
int run_in_library();
#define RUN run_in_library
#else
#define RUN RUN_ALL_TESTS
#endif

static bool is_set_up = false;

TEST(StartUp, was_there) { EXPECT_TRUE(is_set_up); }
TEST(StartUp, finds_a_fault) {
  if (!is_set_up) GTEST_SKIP() << "nothing is set up";
  FAIL() << "a fault";
}

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (!testing::GTEST_FLAG(list_tests)) {
    is_set_up = true;
    if (const char* code = std::getenv("EARLY")) {
      std::puts("there is no device");
      return std::atoi(code);
    }
  }
  const int code = RUN();
  if (const char* name = std::getenv("AFTER")) {
    if (std::FILE* file = std::fopen(name, "a")) {
      std::fputs("after\n", file);
      std::fclose(file);
    }
  }
  return code;
}
