#include <gtest/gtest.h>

#include "doctor/tree/build.hpp"

namespace holdfast::doctor {
namespace {

using Lines = std::vector<std::string>;

TEST(NinjaWords, ACommandLeadsToItsOutput) {
  const auto outputs = outputs_by_command(
      R"([{"command":"","output":"phony"},{"command":"cc -o a a.c","file":"a.c","output":"a"}])");
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs.at("cc -o a a.c"), "a");
  EXPECT_TRUE(outputs_by_command("ninja: error").empty());
  EXPECT_TRUE(outputs_by_command("[{\"command\":\"\xff\"}]").empty());
}

TEST(NinjaWords, OnlyTheFirstReasonCounts) {
  const Reasons reasons = reasons_in(
      "ninja explain: output a.o older than most recent input /s/a (1).c (17 vs 18)\n"
      "ninja explain: a.o is dirty\n"
      "ninja explain: command line changed for b\n"
      "ninja: Entering directory\n"
      "[1/2] Building\n",
      {});
  EXPECT_EQ(reasons.all, (Lines{"output a.o older than most recent input /s/a (1).c (17 vs 18)",
                                "command line changed for b"}));
  EXPECT_EQ(reasons.newer, Lines{"/s/a (1).c"});
  EXPECT_FALSE(reasons.has_others);
}

TEST(NinjaWords, AStepThatRunsEachTimeIsNoReason) {
  const Reasons reasons = reasons_in(
      "ninja explain: output CMakeFiles/ver doesn't exist\n"
      "ninja explain: output /b/VerifyGlobs of phony edge with no inputs doesn't exist\n"
      "ninja explain: ver.h is dirty\n",
      {{"CMakeFiles/ver", 17}});
  EXPECT_EQ(reasons.all, Lines{});
  EXPECT_TRUE(reasons.has_others);
}

TEST(NinjaWords, WhatWasNeverBuiltIsAReason) {
  const Reasons reasons = reasons_in("ninja explain: output a.o doesn't exist\n", {{"b.o", 17}});
  EXPECT_EQ(reasons.all, Lines{"output a.o doesn't exist"});
}

}  // namespace
}  // namespace holdfast::doctor
