#include "keeper/left/stuck_pairs.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Words = std::vector<std::string>;

TEST(StuckPair, IsThatOfTheAttemptThatItsCommandLineNames) {
  EXPECT_TRUE(names_attempt({"holdfast-guard", "7-42"}, "7-42"));
  // The rest of the original command line is blank.
  EXPECT_TRUE(names_attempt({"holdfast-guard", "7-42", "", ""}, "7-42"));
  EXPECT_FALSE(names_attempt({"holdfast-guard", "7-42"}, "7-4"));
  EXPECT_FALSE(names_attempt({"holdfast-guard", "7-4"}, "7-42"));
  EXPECT_FALSE(names_attempt({"7-42"}, "7-42"));
  EXPECT_FALSE(names_attempt(Words{}, ""));
}

}  // namespace
}  // namespace holdfast
