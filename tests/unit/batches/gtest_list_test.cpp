#include "batches/gtest_list.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Names = std::vector<std::string>;

Names names_of(const std::vector<ListedCase>& cases) {
  Names names;
  for (const ListedCase& one : cases) names.push_back(one.name);
  return names;
}

Names printed(std::string_view text) { return names_of(parse_gtest_list(text).cases); }
std::string trouble_in(std::string_view text) { return parse_gtest_list(text).trouble; }

TEST(GtestListTest, names_are_suite_and_test_without_comments) {
  const char* const text =
      "Running main() from ./googletest/src/gtest_main.cc\n"
      "ADeathTest.\n  d\n"
      "A.\n  ok\n  DISABLED_no\n"
      "Ty/0.  # TypeParam = std::vector<int>\n  x\n"
      "I/P.\n  p/0  # GetParam() = \"a\\n  b\"\n  p/named\n";
  EXPECT_EQ(printed(text),
            (Names{"ADeathTest.d", "A.ok", "A.DISABLED_no", "Ty/0.x", "I/P.p/0", "I/P.p/named"}));
  EXPECT_EQ(trouble_in(text), "");
}

TEST(GtestListTest, what_else_is_printed_first_is_passed_over) {
  for (const char* text :
       {"", "  lonely\n", "Starting up\n  not one\n", "log: ready\n\n  nor this\n"}) {
    EXPECT_EQ(printed(std::string(text) + "A.\n  a\n"), Names{"A.a"}) << text;
    EXPECT_EQ(trouble_in(text), "") << text;
  }
}

TEST(GtestListTest, what_may_hide_a_case_is_trouble) {
  EXPECT_EQ(trouble_in("Starting up... A.\n  a\nB.\n  b\n"), "\"  a\" names no case");
  for (const char* text :
       {"A.\n  a b\n", "A.\n  \n", ".\n  a\n", "A b.\n  a\n", "A.\n  a\nlog: ready\n  b\n",
        "A.\n  x\n  line\nbreak\n  b\n", "A.\n  a\tb\n", "\x01.\n  e\n"}) {
    EXPECT_NE(trouble_in(text), "") << text;
  }
}

TEST(GtestListTest, a_printed_name_is_a_word_and_a_terminals_lines_are_lines) {
  using namespace std::string_literals;
  EXPECT_EQ(printed("A.\n  a\0b\n  c\x02\n  \x7f\n  d\n\x01.\n  e\n"s), Names{"A.d"});
  EXPECT_EQ(printed("Ty/a b.\n  x\n"), Names{"Ty/a b.x"});
  EXPECT_EQ(printed("A.\r\n  a\r\nI/P.\r\n  p/0  # GetParam() = 1\r\n"), (Names{"A.a", "I/P.p/0"}));
}

// As GoogleTest 1.12 writes it.
constexpr std::string_view k_json = R"({
  "tests": 4,
  "name": "AllTests",
  "testsuites": [
    {
      "name": "A b",
      "tests": 3,
      "testsuite": [
        {
          "name": "line\nbreak",
          "file": "\/src\/a.cpp",
          "line": 4
        },
        {
          "name": "\u00C3\u00A4\t\"\\",
          "type_param": "x",
          "value_param": "{\"name\": 1}",
          "file": "a.cpp",
          "line": 4
        },
        {
          "name": "DISABLED_x"
        }
      ]
    },
    {
      "name": "",
      "tests": 1,
      "testsuite": [ {"name": ""} ]
    }
  ]
}
)";

TEST(GtestListTest, a_written_list_has_every_name_byte_by_byte) {
  const std::optional<GtestList> list = parse_gtest_json_list(k_json);
  ASSERT_TRUE(list);
  EXPECT_EQ(names_of(list->cases),
            (Names{"A b.line\nbreak", "A b.\xc3\xa4\t\"\\", "A b.DISABLED_x", "."}));
  EXPECT_TRUE(list->cases[2].is_disabled);
  EXPECT_FALSE(list->cases[3].is_disabled);
  EXPECT_EQ(list->trouble, "");
}

TEST(GtestListTest, a_part_of_a_written_list_is_none) {
  for (std::size_t size = 0; size + 1 < k_json.size(); ++size) {
    ASSERT_FALSE(parse_gtest_json_list(k_json.substr(0, size))) << size;
  }
  for (const char* text :
       {"{}", "[]", R"({"testsuites": {}})", R"({"testsuites": [{"testsuite": [{}]}]})",
        R"({"testsuites": [{"testsuite": [{"name": 1}]}]})", R"({"testsuites": []} x)",
        R"({"testsuites": [{"testsuite": [{"name": "\u2028"}]}]})",
        R"({"testsuites": [{"testsuite": [{"name": "\u0000"}]}]})",
        R"({"testsuites": [{"testsuite": [{"name": "\q"}]}]})", R"({"a": , "testsuites": []})"}) {
    EXPECT_FALSE(parse_gtest_json_list(text)) << text;
  }
  using namespace std::string_literals;
  EXPECT_FALSE(
      parse_gtest_json_list("{\"testsuites\": [{\"testsuite\": [{\"name\": \"a\0\"}]}]}"s));
  EXPECT_FALSE(parse_gtest_json_list("{\"a\": " + std::string(100'000, '[')));
  EXPECT_TRUE(parse_gtest_json_list(R"({"testsuites": [], "more": [{"a": [1, null, "x"]}]})"));
}

TEST(GtestListTest, disabled_is_a_prefix_of_suite_or_test_or_after_a_slash) {
  for (const char* name : {"DISABLED_x", "I/DISABLED_P", "x/DISABLED_y"}) {
    EXPECT_TRUE(is_disabled_name(name)) << name;
  }
  for (const char* name : {"x", "xDISABLED_", "disabled_x", "a.DISABLED_b"}) {
    EXPECT_FALSE(is_disabled_name(name)) << name;
  }
  const GtestList list = parse_gtest_list("DISABLED_A.\n  x\nI/DISABLED_P.\n  p/0\nA.\n  x\n");
  EXPECT_TRUE(list.cases[0].is_disabled && list.cases[1].is_disabled);
  EXPECT_FALSE(list.cases[2].is_disabled);
}

TEST(GtestListTest, shards_count_what_is_runnable) {
  const std::vector<ListedCase> listed{{"A.a"}, {"A.DISABLED_b", true}, {"A.c"}, {"A.d"}, {"A.e"}};
  EXPECT_EQ(runnable(listed, Disabled::left_out, gtest_shard("2", "0")).cases,
            (Names{"A.a", "A.d"}));
  EXPECT_EQ(runnable(listed, Disabled::left_out, gtest_shard("2", "1")).cases,
            (Names{"A.c", "A.e"}));
  EXPECT_EQ(runnable(listed, Disabled::left_out, gtest_shard("2", "1")).others,
            (Names{"A.a", "A.d"}));
  EXPECT_EQ(runnable(listed, Disabled::run_too, gtest_shard("2", "1")).cases,
            (Names{"A.DISABLED_b", "A.d"}));
  EXPECT_EQ(runnable(listed, Disabled::left_out, std::nullopt).cases.size(), 4U);
}

TEST(GtestListTest, what_makes_no_shard_is_none) {
  for (const auto& [total, index] : {std::pair{"", ""},
                                     {"1", "0"},
                                     {"2", "2"},
                                     {"2", "-1"},
                                     {"x", "0"},
                                     {"2", ""},
                                     {"2", "0x"},
                                     {"4294967299", "1"},
                                     {"0", "0"}}) {
    EXPECT_FALSE(gtest_shard(total, index)) << total << " " << index;
  }
  EXPECT_TRUE(gtest_shard(" 2", "+1"));
}

}  // namespace
}  // namespace holdfast
