#include "values/framework.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

const Framework& k_framework = catch2();

TEST(Catch2NamesTest, what_has_a_meaning_is_taken_literally) {
  struct Row {
    const char* name;
    const char* selection;
  };
  for (const Row& row : {Row{"passes", "passes"}, Row{"a,b", "a\\,b"}, Row{"a[b]c", "a\\[b\\]c"},
                         Row{"a\\b", "a\\\\b"}, Row{"\"q\"", "\\\"q\\\""}, Row{"~t", "\\~t"},
                         Row{"-dash - dash", "\\-dash - dash"}, Row{"#hash", "#hash"},
                         Row{"  padded\t", "padded"}, Row{"two\nlines", "two\nlines"}}) {
    EXPECT_EQ(k_framework.selection_without(row.name, {}), row.selection) << row.name;
  }
}

TEST(Catch2NamesTest, what_catch2_takes_for_its_own_word_is_the_end_of_any_text) {
  EXPECT_EQ(k_framework.selection_without("exclude:a,b", {}), "*exclude:a\\,b");
  EXPECT_TRUE(k_framework.selects("exclude:a", "does not exclude:a"));
  EXPECT_FALSE(k_framework.selects("exclude:a", "exclude:ab"));
  EXPECT_EQ(k_framework.selection_without("does not exclude: this", {}), "does not exclude: this");
}

TEST(Catch2NamesTest, nothing_selects_blanks) {
  for (const char* name : {"", "  ", "\t"})
    EXPECT_EQ(k_framework.selection_without(name, {}), std::nullopt);
}

TEST(Catch2NamesTest, names_are_compared_without_regard_to_case_and_blanks_around_them) {
  EXPECT_TRUE(k_framework.selects("Passes", "passes"));
  EXPECT_TRUE(k_framework.selects(" passes", "passes "));
  EXPECT_FALSE(k_framework.selects("passes", "passes too"));
  EXPECT_FALSE(k_framework.selects("passes too", "passes"));
  EXPECT_FALSE(k_framework.selects("pass es", "passes"));
}

TEST(Catch2NamesTest, a_star_at_an_end_stands_for_any_text) {
  EXPECT_TRUE(k_framework.selects("*star*", "a STAR rises"));
  EXPECT_TRUE(k_framework.selects("star*", "Starling"));
  EXPECT_FALSE(k_framework.selects("star*", "a star"));
  EXPECT_FALSE(k_framework.selects("star*", "st"));
  EXPECT_TRUE(k_framework.selects("*star", "a star"));
  EXPECT_FALSE(k_framework.selects("*star", "starling"));
  EXPECT_TRUE(k_framework.selects("*", "anything"));
  EXPECT_FALSE(k_framework.selects("a*b", "a or b"));
}

TEST(Catch2NamesTest, each_selects_itself) {
  for (const char* name : {"passes", "*star*", "*", "**", "a*b", " x ", "a,[b]", "exclude:x"}) {
    EXPECT_TRUE(k_framework.selects(name, name)) << name;
  }
}

TEST(Catch2NamesTest, what_selects_another_too_has_no_selection_of_its_own) {
  EXPECT_EQ(k_framework.selection_without("a,b", {}), "a\\,b");
  EXPECT_EQ(k_framework.selection_without("Foo", {"foo"}), std::nullopt);
}

}  // namespace
}  // namespace holdfast
