#include "core/gtest_list.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Names = std::vector<std::string>;

TEST(GtestListTest, names_are_suite_and_test_without_comments) {
  EXPECT_EQ(parse_gtest_list("Running main() from ./googletest/src/gtest_main.cc\n"
                             "ADeathTest.\n  d\n"
                             "A.\n  ok\n  DISABLED_no\n"
                             "Ty/0.  # TypeParam = std::vector<int>\n  x\n"
                             "I/P.\n  p/0  # GetParam() = \"a\\n  b\"\n  p/named\n"),
            (Names{"ADeathTest.d", "A.ok", "A.DISABLED_no", "Ty/0.x", "I/P.p/0", "I/P.p/named"}));
}

TEST(GtestListTest, what_else_is_printed_is_passed_over) {
  EXPECT_EQ(parse_gtest_list(""), Names{});
  EXPECT_EQ(parse_gtest_list("  lonely\n"), Names{});
  EXPECT_EQ(
      parse_gtest_list("Starting up.\n  not one\nA.\n  a\nlog: ready.\n  nor this\n.\n  nor\n"),
      Names{"A.a"});
  EXPECT_EQ(parse_gtest_list("A.\n  a b\n  c"), Names{"A.c"});
}

TEST(GtestListTest, names_hold_no_control_characters_and_a_terminals_lines_are_lines) {
  using namespace std::string_literals;
  EXPECT_EQ(parse_gtest_list("A.\n  a\0b\n  c\x02\n  \x7f\n  d\n\x01.\n  e\n"s), Names{"A.d"});
  EXPECT_EQ(parse_gtest_list("A.\r\n  a\r\nI/P.\r\n  p/0  # GetParam() = 1\r\n"),
            (Names{"A.a", "I/P.p/0"}));
}

TEST(GtestListTest, disabled_is_a_prefix_of_suite_or_test_or_after_a_slash) {
  for (const char* name : {"A.DISABLED_x", "DISABLED_A.x", "I/DISABLED_P.p/0", "A.x/DISABLED_y"}) {
    EXPECT_TRUE(is_disabled(name)) << name;
  }
  for (const char* name : {"A.x", "A.xDISABLED_", "ADISABLED_.x", "A.disabled_x"}) {
    EXPECT_FALSE(is_disabled(name)) << name;
  }
}

TEST(GtestListTest, shards_count_what_is_runnable) {
  const Names listed{"A.a", "A.DISABLED_b", "A.c", "A.d", "A.e"};
  EXPECT_EQ(runnable(listed, Disabled::left_out, gtest_shard("2", "0")), (Names{"A.a", "A.d"}));
  EXPECT_EQ(runnable(listed, Disabled::left_out, gtest_shard("2", "1")), (Names{"A.c", "A.e"}));
  EXPECT_EQ(runnable(listed, Disabled::run_too, gtest_shard("2", "1")),
            (Names{"A.DISABLED_b", "A.d"}));
  EXPECT_EQ(runnable(listed, Disabled::left_out, std::nullopt).size(), 4U);
}

TEST(GtestListTest, what_makes_no_shard_is_none) {
  for (const auto& [total, index] : {std::pair{"", ""},
                                     {"1", "0"},
                                     {"2", "2"},
                                     {"2", "-1"},
                                     {"x", "0"},
                                     {"2", ""},
                                     {"2", "0x"},
                                     {"0", "0"}}) {
    EXPECT_FALSE(gtest_shard(total, index)) << total << " " << index;
  }
}

TEST(GtestListTest, a_filter_fits_one_argument) {
  EXPECT_EQ(filter_of({"A.a", "B.b", "C.c"}, 2), "A.a:B.b");
  EXPECT_EQ(filter_of({"T/std::char-*.x"}, 1), "T/std??char??.x");
  const Names many(3000, std::string(100, 'n'));
  const std::size_t count = filter_length(many);
  EXPECT_LT(count, many.size());
  EXPECT_LT(filter_of(many, count).size(), 128U * 1024);
  EXPECT_GT(filter_of(many, count).size(), 64U * 1024);
  EXPECT_EQ(filter_length({std::string(200'000, 'n')}), 1U);
  EXPECT_EQ(filter_length({}), 0U);
}

}  // namespace
}  // namespace holdfast
