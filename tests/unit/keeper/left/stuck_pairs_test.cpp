#include "keeper/left/stuck_pairs.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Words = std::vector<std::string>;

TEST(StuckPair, IsThatOfTheTestThatItsWordsName) {
  const std::string launcher = "/x/libexec/holdfast/holdfast-launcher";
  EXPECT_TRUE(is_launcher_of({launcher, "--test=db", "/b/t"}, "db"));
  EXPECT_TRUE(is_launcher_of({launcher, "--name", "db", "--", "/b/t"}, "db"));
  EXPECT_FALSE(is_launcher_of({launcher, "--test=db2", "/b/t"}, "db"));
  // The test's own words name nobody.
  EXPECT_FALSE(is_launcher_of({launcher, "--test=web", "/b/t", "--test=db"}, "db"));
  EXPECT_FALSE(is_launcher_of({launcher, "--", "/b/db"}, "db"));
}

TEST(StuckPair, IsKnownByItsWordsAfterItWasHandedOverToo) {
  const std::string exec = "/x/libexec/holdfast/holdfast-exec";
  EXPECT_TRUE(is_launcher_of({exec, "--handed-over=6", "--test=db", "/b/t"}, "db"));
  EXPECT_FALSE(is_launcher_of({exec, "--handed-over=6", "--test=web", "/b/t"}, "db"));
  EXPECT_FALSE(is_launcher_of({exec, "--handed-over=6"}, ""));
}

TEST(StuckPair, WordsThatAreNotUnderstoodAreNobodys) {
  EXPECT_FALSE(is_launcher_of({}, ""));
  EXPECT_FALSE(is_launcher_of({"holdfast-launcher"}, ""));
  EXPECT_FALSE(is_launcher_of({"holdfast-launcher", "--nonsense", "--test=db", "/b/t"}, "db"));
}

}  // namespace
}  // namespace holdfast
