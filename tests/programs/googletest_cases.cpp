// A GoogleTest program with a case for each way to leave one.
#include <gtest/gtest.h>

#include <cstdlib>

TEST(Case, Passes) {}
TEST(Case, Fails) { FAIL() << "as it should"; }
TEST(Case, IsSkipped) { GTEST_SKIP() << "for a reason"; }
TEST(Case, ExitsWithZero) { std::exit(0); }
TEST(Case, ExitsWithThree) { std::exit(3); }
TEST(Case, Aborts) { std::abort(); }
TEST(Case, DISABLED_IsNotRun) { FAIL(); }
// What its child leaves behind is not its own.
TEST(Case, StartsAnotherThatExits) {
  const char* self = std::getenv("GOOGLETEST_CASES");
  ASSERT_NE(self, nullptr);
  const std::string command = std::string(self) + " --gtest_filter=Case.ExitsWithZero >/dev/null";
  EXPECT_EQ(std::system(command.c_str()), 0);
}
