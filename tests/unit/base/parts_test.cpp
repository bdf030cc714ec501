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

TEST(Parts, WordsAreTakenOnlyOffTheFront) {
  std::string_view text = "ab: c";
  EXPECT_FALSE(take_words(text, "b"));
  EXPECT_EQ(text, "ab: c");
  EXPECT_TRUE(take_words(text, "ab: "));
  EXPECT_EQ(text, "c");
  EXPECT_TRUE(take_words(text, "c"));
  EXPECT_EQ(text, "");
}

TEST(Parts, ALoopTakesOneAfterTheOther) {
  std::string seen;
  for (const std::string_view part : TextParts{"a,,b,", ','}) seen += std::string(part) + "|";
  EXPECT_EQ(seen, "a||b|");
  for (const std::string_view part : TextParts{"", ','}) FAIL() << part;
}

TEST(Parts, WhatIsGivenForEachIsAList) {
  const std::vector<std::pair<std::string, int>> pairs{{"a", 1}, {"b", 2}};
  const std::vector<std::string> names{"a", "b"};
  EXPECT_EQ(collected(pairs, &std::pair<std::string, int>::first), names);
  const std::vector<bool> are_one{true, false};
  EXPECT_EQ(collected(pairs, [](const auto& pair) { return pair.second == 1; }), are_one);
  EXPECT_EQ(collected(TextParts{"1,22", ','}, [](std::string_view part) { return part.size(); }),
            (std::vector<std::size_t>{1, 2}));
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
