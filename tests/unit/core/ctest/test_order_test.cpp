#include "core/ctest/test_order.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast {
namespace {

const std::vector<TestPast> k_tests{{"quick", false, 0.25},
                                    {"slow", false, 90},
                                    {"red", true, 0.5},
                                    {"never passed", true, 0},
                                    {"new", false, 0}};

std::string costs(TestOrder order) {
  std::string text;
  for (const TestCost& test : costs_for(order, k_tests)) {
    text += test.name + "=" + std::to_string(test.cost) + ";";
  }
  return text;
}

TEST(TestOrder, TheLongestFirstIsByTheirSeconds) {
  EXPECT_EQ(costs(TestOrder::longest_first), "quick=0.250000;slow=90.000000;red=0.500000;");
}

TEST(TestOrder, WhatFailedIsAboveAllTimes) {
  EXPECT_EQ(costs(TestOrder::failed_first), "red=1000000.000000;never passed=1000000.000000;");
}

TEST(TestOrder, CTestsOwnOrderHasNoCosts) { EXPECT_EQ(costs(TestOrder::as_is), ""); }

TEST(TestOrder, ACommandHasTheNameInDigitsAndAShortNumber) {
  EXPECT_EQ(cost_commands({{"b", 2}, {" ;", 0.25}, {"\n\xFF", 1000000}, {"z", 10}}),
            "set_property(GLOBAL PROPERTY _holdfast_cost_62 2)\n"
            "set_property(GLOBAL PROPERTY _holdfast_cost_203b 0.25)\n"
            "set_property(GLOBAL PROPERTY _holdfast_cost_0aff 1000000)\n"
            "set_property(GLOBAL PROPERTY _holdfast_cost_7a 10)\n");
}

}  // namespace
}  // namespace holdfast
