#include "attempt/invocation.hpp"

#include <gtest/gtest.h>

#include "attempt/started.hpp"
#include "attempt/surroundings.hpp"

namespace holdfast::supervision {
namespace {

TEST(FarSide, WhatCtestDoesWithATestStaysBesideCtest) {
  Started started({"--test=t", "/bin/t"},
                  {k_attached, "HOLDFAST_P_NATIVE_LIMIT=30", "HOLDFAST_P_DEFAULT_LIMIT=1500",
                   "HOLDFAST_P_STOP_TIME=1700000000", "HOLDFAST_P_TELLS_LIMIT=1",
                   "HOLDFAST_P_LOCK_LINE=1", "HOLDFAST_P_TIMEOUT_LINE=2"});
  Invocation invocation = started.invocation();
  ASSERT_TRUE(invocation.limits.tells);
  be_far_side({{5, 6}, 2, {{"HOLDFAST_SLOT_GPU", "1"}}, "/log", "n1"}, invocation);
  // A signal that is for the test must not count as ctest's word on a limit.
  EXPECT_FALSE(invocation.limits.tells);
  CtestClock clock(invocation.limits);
  clock.start();
  EXPECT_EQ(clock.end(), k_longest);
  EXPECT_EQ(clock.stop_time(), k_longest);
  EXPECT_FALSE(invocation.tells_locks);
  EXPECT_EQ(invocation.told_timeout, Milliseconds{0});
}

TEST(FarSide, ItsParentIsInCtestsPlace) {
  Started started({"--test=t", "/bin/t"}, {k_attached});
  Invocation invocation = started.invocation();
  be_far_side({{5, 6}, 2, {{"HOLDFAST_SLOT_GPU", "1"}}, "/log", "n1"}, invocation);
  EXPECT_EQ(invocation.attach->ctest, (ProcessName{5, 6}));
  EXPECT_EQ(invocation.attach->tree, "/b");
  ASSERT_TRUE(invocation.far);
  EXPECT_EQ(invocation.far->variables.size(), 1U);
  EXPECT_EQ(invocation.far->log, "/log");
  EXPECT_EQ(invocation.far->node, "n1");
}

}  // namespace
}  // namespace holdfast::supervision
