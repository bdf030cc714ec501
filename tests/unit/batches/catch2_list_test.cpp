#include "batches/program_words.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Names = std::vector<std::string>;

std::string xml_of(const std::string& cases) {
  return "what main() printed\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<MatchingTests>\n" +
         cases + "</MatchingTests>\n";
}

std::string xml_case(const std::string& name) {
  return "  <TestCase>\n    <Name>" + name +
         "</Name>\n    <ClassName/>\n    <Tags>[a]</Tags>\n  </TestCase>\n";
}

TEST(Catch2ListTest, a_written_list_has_every_name_as_it_is) {
  const auto list = parse_catch2_xml_list(
      xml_of(xml_case("passes") + xml_case("&lt;x> &amp;amp; 'q' \"r\"") + xml_case("two\nlines") +
             xml_case("  padded ") + xml_case("passes")));
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->cases, (Names{"passes", "<x> &amp; 'q' \"r\"", "two\nlines", "  padded "}));
  EXPECT_EQ(list->trouble, "");
  EXPECT_EQ(parse_catch2_xml_list(xml_of(""))->cases, Names{});
  EXPECT_EQ(parse_catch2_xml_list("<?xml version=\"1.0\"?>\n<MatchingTests/>\n")->cases, Names{});
}

TEST(Catch2ListTest, a_part_of_a_written_list_is_none) {
  const std::string whole = xml_of(xml_case("passes"));
  const std::size_t needed = whole.rfind('>') + 1;
  for (std::size_t size = 0; size < needed; ++size) {
    EXPECT_FALSE(parse_catch2_xml_list(whole.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(parse_catch2_xml_list("<MatchingTests><Name>a</MatchingTests>").has_value());
}

constexpr const char* k_shown =
    "All available test cases:\n  passes\n  \"#hash\"\n      [tag]\n  padded\n3 test cases\n\n";

TEST(Catch2ListTest, a_printed_list_is_a_line_for_each_name) {
  const auto list =
      parse_catch2_name_list(std::string(k_shown) + "passes\n\"#hash\"\r\n  padded\n");
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->cases, (Names{"passes", "#hash", "  padded"}));
  EXPECT_EQ(list->trouble, "");
  EXPECT_EQ(parse_catch2_name_list(
                "All available test cases:\n  a\nlog: x\n3 test cases\n\n\"#\n\"#a\n\"#\"\n")
                ->cases,
            (Names{"\"#", "\"#a", "#"}));
  EXPECT_EQ(parse_catch2_name_list("Matching test cases:\n0 matching test cases\n\n")->cases,
            Names{});
}

TEST(Catch2ListTest, what_the_program_prints_besides_is_no_case) {
  const auto list =
      parse_catch2_name_list("drv:\n3 test cases\nWidget 1.4: " + std::string(k_shown) +
                             "passes\n#hash\npadded\ndriver: bye\n\nbye\n");
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->cases, (Names{"passes", "#hash", "padded"}));
  EXPECT_EQ(list->trouble, "");
}

TEST(Catch2ListTest, a_name_of_several_lines_is_trouble) {
  const auto list = parse_catch2_name_list(
      "All available test cases:\n  two\n  lines\n  last\n2 test cases\n\ntwo\nlines\nlast\n");
  ASSERT_TRUE(list.has_value());
  EXPECT_NE(list->trouble, "");
}

TEST(Catch2ListTest, what_is_cut_off_is_no_list) {
  for (const char* text : {"", "passes\n", "All available test cases:\n  passes\n",
                           "All available test cases:\n1 test case\npasses\n"}) {
    EXPECT_FALSE(parse_catch2_name_list(text).has_value()) << text;
  }
}

TEST(Catch2ListTest, shards_are_parts_of_the_list_in_its_order) {
  // As createShard() of Catch2 3 has it: the first ones have what is left over.
  const Names all = {"a", "b", "c", "d", "e"};
  Names mine = all;
  EXPECT_EQ(take_other_shards(mine, {2, 0}), (Names{"d", "e"}));
  EXPECT_EQ(mine, (Names{"a", "b", "c"}));
  mine = all;
  EXPECT_EQ(take_other_shards(mine, {3, 1}), (Names{"a", "b", "e"}));
  EXPECT_EQ(mine, (Names{"c", "d"}));
  mine = all;
  EXPECT_EQ(take_other_shards(mine, {7, 6}), all);
  EXPECT_EQ(mine, Names{});
  for (const Catch2Shard& none : {Catch2Shard{1, 0}, Catch2Shard{0, 0}, Catch2Shard{2, 2}}) {
    mine = all;
    EXPECT_EQ(take_other_shards(mine, none), Names{});
    EXPECT_EQ(mine, all);
  }
}

}  // namespace
}  // namespace holdfast
