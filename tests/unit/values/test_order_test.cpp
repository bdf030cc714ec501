#include "values/test_order.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(TestOrder, TheLongestFirstIsByTheirSeconds) {
  EXPECT_EQ(cost_for(TestOrder::longest_first, false, 0.25), 0.25);
  EXPECT_EQ(cost_for(TestOrder::longest_first, true, 90), 90);
  EXPECT_EQ(cost_for(TestOrder::longest_first, true, 0), 0);
}

TEST(TestOrder, WhatFailedIsAboveAllTimes) {
  EXPECT_EQ(cost_for(TestOrder::failed_first, true, 0.5), 1e6);
  EXPECT_EQ(cost_for(TestOrder::failed_first, true, 0), 1e6);
  EXPECT_EQ(cost_for(TestOrder::failed_first, false, 90), 0);
}

TEST(TestOrder, CTestsOwnOrderHasNoCosts) {
  EXPECT_EQ(cost_for(TestOrder::as_is, true, 90), 0);
  EXPECT_EQ(cost_commands({{"a", 0}}), "");
}

TEST(TestOrder, ACommandHasTheNameInDigitsAndAShortNumber) {
  EXPECT_EQ(cost_commands({{"b", 2}, {" ;", 0.25}, {"\n\xFF", 1000000}, {"z", 10}}),
            "set_property(GLOBAL PROPERTY _holdfast_cost_0aff 1000000)\n"
            "set_property(GLOBAL PROPERTY _holdfast_cost_203b 0.25)\n"
            "set_property(GLOBAL PROPERTY _holdfast_cost_62 2)\n"
            "set_property(GLOBAL PROPERTY _holdfast_cost_7a 10)\n");
}

}  // namespace
}  // namespace holdfast
