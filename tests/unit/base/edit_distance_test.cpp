#include "base/text.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsAndReplacements) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("same", "same"), 0U);
}

TEST(LookAlikes, TheNearestComeFirst) {
  const std::vector<std::string> names{"db_test",    "db-test", "bd_test",   "db_tests", "README",
                                       "db_test.o",  "DB_TEST", "web_test",  "t",        "db_bench",
                                       "db_test_it", "",        "cmake.txt", "db"};
  EXPECT_EQ(look_alikes("db_test", names, 10),
            (std::vector<std::string>{"DB_TEST", "db-test", "db_tests", "bd_test", "db_test.o",
                                      "web_test", "db_test_it"}));
  EXPECT_EQ(look_alikes("db_test", names, 2), (std::vector<std::string>{"DB_TEST", "db-test"}));
}

TEST(LookAlikes, WhatIsFarOrEmptyOrTooLongIsNone) {
  EXPECT_TRUE(look_alikes("", {"a"}, 5).empty());
  EXPECT_TRUE(look_alikes("ab", {"xy", "q"}, 5).empty());
  EXPECT_TRUE(look_alikes(std::string(300, 'a'), {std::string(299, 'a')}, 5).empty());
  EXPECT_TRUE(look_alikes("a_long_name", {"another_one"}, 5).empty());
}

TEST(Suggestion, IsTheNearestWord) {
  const std::vector<std::string> words{"timeout", "lock-timeout", "grace", "on-leak"};
  EXPECT_EQ(suggestion("tiemout", words), " (did you mean \"timeout\"?)");
  EXPECT_EQ(suggestion("on_leak", words), " (did you mean \"on-leak\"?)");
  EXPECT_EQ(suggestion("Grace", words), " (did you mean \"grace\"?)");
  EXPECT_EQ(suggestion("retries", words), "");
  EXPECT_EQ(suggestion("", words), "");
  EXPECT_EQ(suggestion("b", {"a"}), "");
  EXPECT_EQ(suggestion(std::string(100, 'x'), words), "");
}

}  // namespace
}  // namespace holdfast
