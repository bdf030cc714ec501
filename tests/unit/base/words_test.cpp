#include "base/text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast {
namespace {

using Words = std::vector<std::string>;

TEST(Words, AlternativesReadAsASentence) {
  EXPECT_EQ(alternatives(Words{}), "");
  EXPECT_EQ(alternatives(Words{"a"}), "a");
  EXPECT_EQ(alternatives(Words{"a", "b"}), "a or b");
  EXPECT_EQ(alternatives(Words{"a", "b", "c"}), "a, b or c");
}

}  // namespace
}  // namespace holdfast
