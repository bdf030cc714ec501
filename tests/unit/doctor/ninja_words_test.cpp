#include <gtest/gtest.h>

#include "base/text.hpp"
#include "doctor/tree/build.hpp"

namespace holdfast::doctor {
namespace {

using Lines = std::vector<std::string>;

Reasons reasons_in(std::string_view explained, const NinjaLog& logged) {
  Reasons reasons;
  read_reasons(explained, logged, reasons);
  return reasons;
}

TEST(NinjaWords, AReasonNamesTheFileThatItIsAbout) {
  for (const char* reason :
       {"output b c.o doesn't exist", "output b c.o older than most recent input x.c (1 vs 2)",
        "restat of output b c.o older than most recent input x.c (1 vs 2)",
        "recorded mtime of b c.o older than most recent input x.c (1 vs 2)",
        "command line changed for b c.o", "command line not found in log for b c.o",
        "deps for 'b c.o' are missing", "stored deps info out of date for 'b c.o' (1 vs 2)",
        "stored deps info out of date for b c.o (1 vs 2)",
        "expected depfile 'd' to mention 'b c.o', got 'e'",
        "b c.o has no in-edge and is missing"}) {
    const Reasons reasons = reasons_in(text_of({"ninja explain: ", reason, "\n"}), {});
    EXPECT_EQ(reasons.dirty, NinjaNames{"b c.o"}) << reason;
    EXPECT_FALSE(reasons.is_unclear) << reason;
  }
  const Reasons unclear = reasons_in("ninja explain: depfile 'd' is missing\n", {});
  EXPECT_TRUE(unclear.is_unclear);
  EXPECT_EQ(unclear.all, Lines{"depfile 'd' is missing"});
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
