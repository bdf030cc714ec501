#include "base/text.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

std::string folded(std::string_view text) { return said_line(text, Layout::folded); }

TEST(SaidLine, NothingInItBreaksIt) {
  EXPECT_EQ(said_line("a \"b\n\" is red"), "holdfast: a \"b\\n\" is red\n");
  const std::string x(300, 'x');
  EXPECT_EQ(said_line(x + " " + x), "holdfast: " + x + " " + x + "\n");
}

TEST(SaidLine, FoldedWhatFitsIsOneLine) {
  const std::string fits(150, 'x');
  EXPECT_EQ(folded(fits), "holdfast: " + fits + "\n");
  const std::string two = std::string(100, 'x') + " " + std::string(49, 'y');
  EXPECT_EQ(folded(two), "holdfast: " + two + "\n");
  EXPECT_EQ(folded(""), "holdfast: \n");
  EXPECT_EQ(folded("\"a  b\" \n"), "holdfast: \"a  b\" \\n\n");
}

TEST(SaidLine, FoldedWhatDoesNotGoesOnInFurtherOnes) {
  const std::string x(100, 'x');
  const std::string y(50, 'y');
  EXPECT_EQ(folded(x + " " + y), "holdfast: " + x + "\nholdfast:   " + y + "\n");
  EXPECT_EQ(folded(x + " " + x + " a b"), "holdfast: " + x + "\nholdfast:   " + x + " a b\n");
}

TEST(SaidLine, CharactersAreCountedNotBytes) {
  std::string umlauts;
  for (int i = 0; i < 74; ++i) umlauts += "ü";
  EXPECT_EQ(folded(umlauts + " " + umlauts), "holdfast: " + umlauts + " " + umlauts + "\n");
}

TEST(SaidLine, AWordThatIsTooLongStaysWhole) {
  const std::string path(300, '/');
  EXPECT_EQ(folded("in " + path + " it is"),
            "holdfast: in\nholdfast:   " + path + "\nholdfast:   it is\n");
}

}  // namespace
}  // namespace holdfast
