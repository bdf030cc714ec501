#include "batches/gtest_list.hpp"

#include <gtest/gtest.h>

#include "values/framework.hpp"

namespace holdfast {
namespace {

TEST(GtestFilterTest, what_has_a_meaning_becomes_any_character) {
  EXPECT_TRUE(googletest().is_exact("A.a b\t\n, where (0 ms)"));
  for (const char* name : {"A.a-b", "A.a:b", "A.a*", "A.a?"}) {
    EXPECT_FALSE(googletest().is_exact(name)) << name;
  }
  EXPECT_EQ(filter_pattern("T/std::char-*.x"), "T/std??char??.x");
}

TEST(GtestFilterTest, a_filter_selects_names_of_its_shape) {
  EXPECT_TRUE(googletest().selects("A.a?b", "A.a-b"));
  EXPECT_TRUE(googletest().selects("A.a?b", "A.aXb"));
  EXPECT_FALSE(googletest().selects("A.a?b", "A.ab"));
  EXPECT_FALSE(googletest().selects("A.a?b", "A.aXc"));
}

TEST(GtestFilterTest, others_of_its_shape_are_taken_out_again_where_that_can_be_said) {
  EXPECT_EQ(googletest().selection_without("A.a-b", {}), "A.a?b");
  EXPECT_EQ(googletest().selection_without("A.a-b", {"A.aXb", "A.aYb"}), "A.a?b-A.aXb:A.aYb");
  EXPECT_EQ(googletest().selection_without("A.a-b-c", {"A.a-bXc"}), "A.a?b?c-A.a?bXc");
  EXPECT_EQ(googletest().selection_without("A.a-b", {"A.a:b"}), std::nullopt);
}

}  // namespace
}  // namespace holdfast
