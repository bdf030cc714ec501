#include "ctest/ctest_options.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast {
namespace {

TEST(CtestOptions, QuietIsAskedForByEitherName) {
  EXPECT_TRUE(asks_to_be_quiet({"ctest", "-Q"}));
  EXPECT_TRUE(asks_to_be_quiet({"ctest", "-j", "4", "--quiet"}));
  EXPECT_TRUE(asks_to_be_quiet({"ctest", "-R", "a", "-Q", "-V"}));
  EXPECT_TRUE(asks_to_be_quiet({"ctest", "-R", "", "-Q"}));
}

TEST(CtestOptions, AValueIsNoOption) {
  EXPECT_FALSE(asks_to_be_quiet({"ctest"}));
  EXPECT_FALSE(asks_to_be_quiet({"-Q"}));
  EXPECT_FALSE(asks_to_be_quiet({"ctest", "-R", "-Q"}));
  EXPECT_FALSE(asks_to_be_quiet({"ctest", "--preset", "--quiet"}));
  EXPECT_FALSE(asks_to_be_quiet({"ctest", "--test-load", "-Q"}));
  EXPECT_FALSE(
      asks_to_be_quiet({"ctest", "--build-and-test", "a", "b", "--test-command", "c", "-Q"}));
  EXPECT_FALSE(asks_to_be_quiet({"ctest", "-QQ", "--quiet=1"}));
  EXPECT_FALSE(asks_to_be_quiet({}));
}

TEST(CtestOptions, ALineThatWasCutShortIsReadAsFarAsItGoes) {
  EXPECT_TRUE(asks_to_be_quiet({"ctest", "-Q", "-"}));
  EXPECT_FALSE(asks_to_be_quiet({"ctest", "-R"}));
}

TEST(CtestOptions, WhatSelectsTestsIsFoundWithItsValues) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(
      selecting_options({"ctest", "-j4", "-R", "net", "-C", "-E", "--rerun-failed", "-L", "a b"}),
      (Words{"-R", "net", "--rerun-failed", "-L", "a b"}));
  EXPECT_EQ(selecting_options({"ctest", "-R"}), (Words{"-R"}));
  EXPECT_EQ(
      selecting_options({"ctest", "--build-and-test", "a", "b", "--test-command", "c", "-R", "x"}),
      Words{});
  EXPECT_EQ(selecting_options({}), Words{});
}

}  // namespace
}  // namespace holdfast
