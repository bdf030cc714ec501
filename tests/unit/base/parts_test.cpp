#include "base/text.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Parts, EachIsTakenOffTheFrontWithItsSeparator) {
  std::string_view text = "a,,bc";
  EXPECT_EQ(take_part(text, ','), "a");
  EXPECT_EQ(take_part(text, ','), "");
  EXPECT_EQ(text, "bc");
  EXPECT_EQ(take_part(text, ','), "bc");
  EXPECT_EQ(text, "");
  EXPECT_EQ(take_part(text, ','), "");
}

TEST(Parts, ASeparatorAtTheEndLeavesNothing) {
  std::string_view text = "a\n";
  EXPECT_EQ(take_part(text, '\n'), "a");
  EXPECT_TRUE(text.empty());
}

TEST(Parts, BlanksAtBothEndsAreTrimmed) {
  EXPECT_EQ(trimmed(" \ta b ", " \t"), "a b");
  EXPECT_EQ(trimmed("a", " \t"), "a");
  EXPECT_EQ(trimmed(" \t ", " \t"), "");
  EXPECT_EQ(trimmed("", " \t"), "");
}

TEST(Parts, AnyNumberOfThemMakesOneText) {
  EXPECT_EQ(text_of({}), "");
  EXPECT_EQ(text_of({"a", std::to_string(12), std::string_view("\0b", 2)}),
            std::string("a12\0b", 5));
}

TEST(Parts, ANumberOfThingsHasTheRightNoun) {
  EXPECT_EQ(counted(0, "test"), "0 tests");
  EXPECT_EQ(counted(1, "test"), "1 test");
  EXPECT_EQ(counted(2, "build step"), "2 build steps");
}

}  // namespace
}  // namespace holdfast
