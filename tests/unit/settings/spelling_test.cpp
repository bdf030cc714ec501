#include "settings/spelling.hpp"

#include <gtest/gtest.h>

#include "core/base/words.hpp"

namespace holdfast {
namespace {

TEST(Spelling, TheNearestWordIsSuggestedAndAFarOneIsNot) {
  const std::vector<std::string> words{"timeout", "lock-timeout", "grace", "on-leak"};
  EXPECT_EQ(suggestion("tiemout", words), " (did you mean \"timeout\"?)");
  EXPECT_EQ(suggestion("on_leak", words), " (did you mean \"on-leak\"?)");
  EXPECT_EQ(suggestion("Grace", words), " (did you mean \"grace\"?)");
  EXPECT_EQ(suggestion("retries", words), "");
  EXPECT_EQ(suggestion("", words), "");
  EXPECT_EQ(suggestion("b", {"a"}), "");
  EXPECT_EQ(suggestion(std::string(100, 'x'), words), "");
}

using Words = std::vector<std::string>;

TEST(Spelling, AlternativesReadAsASentence) {
  EXPECT_EQ(alternatives(Words{}), "");
  EXPECT_EQ(alternatives(Words{"a"}), "a");
  EXPECT_EQ(alternatives(Words{"a", "b"}), "a or b");
  EXPECT_EQ(alternatives(Words{"a", "b", "c"}), "a, b or c");
}

}  // namespace
}  // namespace holdfast
