#include "run/run_lines.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

TEST(Interruption, LinesAreHeldBackForTheMomentThatCtestMayNeedToDie) {
  Interruption interruption;
  EXPECT_EQ(interruption.due(), k_longest);
  interruption.hold_back("a was interrupted", "a", 1000ms);
  const Milliseconds due = interruption.due();
  EXPECT_GT(due, 1000ms);
  EXPECT_LT(due, 2000ms);
  interruption.hold_back("b was interrupted", "b", 1100ms);
  EXPECT_EQ(interruption.due(), due);
}

TEST(Interruption, IfCtestGoesOnEachTestHasItsLine) {
  Interruption interruption;
  interruption.hold_back("a was interrupted", "a", 0ms);
  interruption.hold_back("b was interrupted", "b", 0ms);
  EXPECT_EQ(interruption.take_lines(), (Lines{"a was interrupted", "b was interrupted"}));
  EXPECT_EQ(interruption.take_lines(), Lines{});
  EXPECT_EQ(interruption.due(), k_longest);
  EXPECT_FALSE(interruption.is_said());
}

TEST(Interruption, IfCtestEndsOneLineSpeaksForAllItsTests) {
  const struct {
    Lines running;
    std::string line;
  } rows[] = {
      {{}, ""},
      {{"a"}, "ctest has ended before its tests; ending \"a\" with all it started"},
      {{"a", "b"},
       "ctest has ended before its tests; ending \"a\" and \"b\" with all they started"},
      {{"a", "b", "c", "d", "e"},
       "ctest has ended before its tests; ending \"a\", \"b\", \"c\", \"d\" and \"e\" with all "
       "they "
       "started"},
      {{"a", "b", "c", "d", "e", "f", "g"},
       "ctest has ended before its tests; ending \"a\", \"b\", \"c\", \"d\", \"e\" and 2 more with "
       "all they started"},
  };
  for (const auto& row : rows) {
    Interruption interruption;
    EXPECT_EQ(interruption.end_of_ctest(row.running), row.line);
    EXPECT_TRUE(interruption.is_said());
  }
}

TEST(Interruption, ATestThatSaidSoItselfIsNamedOnce) {
  Interruption interruption;
  interruption.hold_back("b was interrupted", "b", 0ms);
  EXPECT_EQ(interruption.end_of_ctest({"a", "b"}),
            "ctest has ended before its tests; ending \"b\" and \"a\" with all they started");
  EXPECT_EQ(interruption.due(), k_longest);
  EXPECT_EQ(interruption.take_lines(), Lines{});
}

}  // namespace
}  // namespace holdfast
