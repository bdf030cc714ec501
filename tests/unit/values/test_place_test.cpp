#include "values/attach.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(TestPlace, ADirectoryAndPerhapsWhichOneOfTheName) {
  const auto first = parse_test_place("tests/a%3D");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->directory, "tests/a%3D");
  EXPECT_EQ(first->in_directory, 1U);
  EXPECT_EQ(first->nth, 1U);
  const auto other = parse_test_place(".:2:31");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->directory, ".");
  EXPECT_EQ(other->in_directory, 2U);
  EXPECT_EQ(other->nth, 31U);
  for (const char* bad : {"", ":1:2", ".:", ".:2", ".:2:", ".:x:1", ".:1:x", ".:1:2:3", ".:-1:1"}) {
    EXPECT_FALSE(parse_test_place(bad)) << bad;
  }
}

TEST(TestPlace, TheKeyIsOfTheNameAndThePlaceInTheDirectory) {
  const std::string key = key_of("t", {"a"});
  EXPECT_EQ(key.size(), 16U);
  EXPECT_EQ(key.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(key_of("u", {"a"}), key);
  EXPECT_NE(key_of("t", {"b"}), key);
  EXPECT_NE(key_of("t", {"a", 2}), key);
  // A ctest that reads only a directory counts fewer tests before it.
  EXPECT_EQ(key_of("t", {"a", 1, 7}), key);
}

}  // namespace
}  // namespace holdfast
