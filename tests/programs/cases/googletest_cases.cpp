// A GoogleTest program with a case for each way to leave it.
#include <gtest/gtest.h>

#include <cstdlib>

TEST(Case, Passes) {}
TEST(Case, Fails) { FAIL() << "as it should"; }
TEST(Case, IsSkipped) { GTEST_SKIP() << "for a reason"; }
TEST(Case, ExitsWithZero) { std::exit(0); }
TEST(Case, ExitsWithThree) { std::exit(3); }
TEST(Case, Aborts) { std::abort(); }
TEST(Case, DISABLED_IsNotRun) { FAIL(); }

namespace {

void run_another(const std::string& filter) {
  const char* program = std::getenv("GOOGLETEST_CASES");
  ASSERT_NE(program, nullptr);
  const std::string command = std::string(program) + " --gtest_filter=" + filter + " >/dev/null";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace

// What the child leaves behind must not count as this program's.
TEST(Case, StartsAnotherThatExits) { run_another("Case.ExitsWithZero"); }

TEST(Another, Starts) { run_another("Case.Passes"); }
TEST(Another, StartsAgain) { run_another("Case.Passes"); }
TEST(Afterwards, ExitsWithZero) { std::exit(0); }
