#include "core/folded_line.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Lines = std::vector<std::string>;

TEST(FoldedLine, WhatFitsIsOneLine) {
  const std::string fits(150, 'x');
  EXPECT_EQ(folded_line(fits), Lines{fits});
  const std::string two = std::string(100, 'x') + " " + std::string(49, 'y');
  EXPECT_EQ(folded_line(two), Lines{two});
  EXPECT_EQ(folded_line(""), Lines{""});
  EXPECT_EQ(folded_line("\"a  b\" \n"), Lines{"\"a  b\" \\n"});
}

TEST(FoldedLine, WhatDoesNotGoesOnInFurtherOnes) {
  const std::string x(100, 'x');
  EXPECT_EQ(folded_line(x + " " + std::string(50, 'y')), (Lines{x, "  " + std::string(50, 'y')}));
  EXPECT_EQ(folded_line(x + " " + x + " a b"), (Lines{x, "  " + x + " a b"}));
}

TEST(FoldedLine, CharactersAreCountedNotBytes) {
  std::string umlauts;
  for (int i = 0; i < 74; ++i) umlauts += "ü";
  EXPECT_EQ(folded_line(umlauts + " " + umlauts), Lines{umlauts + " " + umlauts});
}

TEST(FoldedLine, AWordThatIsTooLongStaysWhole) {
  const std::string path(300, '/');
  EXPECT_EQ(folded_line("in " + path + " it is"), (Lines{"in", "  " + path, "  it is"}));
}

}  // namespace
}  // namespace holdfast
