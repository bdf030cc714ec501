#include "core/ctest_options.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast {
namespace {

bool is_quiet(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += word + '\0';
  return asks_to_be_quiet(line);
}

TEST(CtestOptions, QuietIsAskedForByEitherName) {
  EXPECT_TRUE(is_quiet({"ctest", "-Q"}));
  EXPECT_TRUE(is_quiet({"ctest", "-j", "4", "--quiet"}));
  EXPECT_TRUE(is_quiet({"ctest", "-R", "a", "-Q", "-V"}));
  EXPECT_TRUE(is_quiet({"ctest", "-R", "", "-Q"}));
}

TEST(CtestOptions, AValueIsNoOption) {
  EXPECT_FALSE(is_quiet({"ctest"}));
  EXPECT_FALSE(is_quiet({"-Q"}));
  EXPECT_FALSE(is_quiet({"ctest", "-R", "-Q"}));
  EXPECT_FALSE(is_quiet({"ctest", "--preset", "--quiet"}));
  EXPECT_FALSE(is_quiet({"ctest", "--test-load", "-Q"}));
  EXPECT_FALSE(is_quiet({"ctest", "--build-and-test", "a", "b", "--test-command", "c", "-Q"}));
  EXPECT_FALSE(is_quiet({"ctest", "-QQ", "--quiet=1"}));
  EXPECT_FALSE(asks_to_be_quiet(""));
}

TEST(CtestOptions, ALineThatWasCutShortIsReadAsFarAsItGoes) {
  EXPECT_TRUE(asks_to_be_quiet(std::string_view("ctest\0-Q", 8)));
  EXPECT_FALSE(asks_to_be_quiet(std::string_view("ctest\0-R", 8)));
}

}  // namespace
}  // namespace holdfast
