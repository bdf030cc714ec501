#include "keeper/base/run_lines.hpp"

#include <gtest/gtest.h>

#include "core/settings/wire.hpp"
#include "nowhere.hpp"

namespace holdfast {
namespace {

wire::Message said(std::string_view line, std::string_view how = {}) {
  wire::Message message(wire::k_say);
  message.add("line", line);
  if (!how.empty()) message.add(how, "1");
  return message;
}

TEST(RunLines, ALineForTheWholeRunThatNobodyGotComesOnceWithTheSummary) {
  RunLines lines(k_no_ctest);
  lines.say_once("no disk");
  lines.say_for({"t", ""}, said("no disk", "once"));
  lines.say_for({"t", ""}, said("no memory", "once"));
  EXPECT_EQ(lines.take_summary("5 passed\n"), "holdfast: no disk\nholdfast: no memory\n5 passed\n");
  EXPECT_EQ(lines.take_summary("5 passed\n"), "5 passed\n");
}

TEST(RunLines, AnyOtherLineIsLostIfNobodyGotIt) {
  RunLines lines(k_no_ctest);
  lines.say("waiting");
  lines.say_for({"t", ""}, said("waiting"));
  lines.say_for({"t", ""}, said("waiting", "folded"));
  EXPECT_EQ(lines.take_summary(""), "");
}

TEST(RunLines, OnlyWhatTestsSayOfTheirInterruptionIsHeldBack) {
  RunLines lines(k_no_ctest);
  lines.say_for({"t", ""}, said("left 1 process behind"));
  EXPECT_EQ(lines.due(), k_longest);
  lines.say_for({"t", ""}, said("interrupted", "interrupted"));
  EXPECT_NE(lines.due(), k_longest);
  lines.say_held_back();
  EXPECT_EQ(lines.due(), k_longest);
}

TEST(RunLines, AfterTheEndOfCtestNoTestSaysThatItWasInterrupted) {
  RunLines lines(k_no_ctest);
  lines.ctest_has_ended();
  lines.say_end_of_ctest({"t"});
  lines.say_for({"t", ""}, said("interrupted", "interrupted"));
  EXPECT_EQ(lines.due(), k_longest);
}

}  // namespace
}  // namespace holdfast
