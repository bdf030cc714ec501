// Four cases. The second one crashes.
#include <gtest/gtest.h>

#include <cstring>

// How long the word before the colon is. -1: there is no colon.
static int key_length(const char* line) {
  const char* colon = std::strchr(line, ':');
  return *colon == ':' ? static_cast<int>(colon - line) : -1;
}

TEST(Parser, FindsAKey) { EXPECT_EQ(key_length("apples: 12"), 6); }

TEST(Parser, FindsNoKey) { EXPECT_EQ(key_length("apples"), -1); }

TEST(Parser, FindsAnEmptyKey) { EXPECT_EQ(key_length(": 12"), 0); }

TEST(Parser, FindsTheFirstKey) { EXPECT_EQ(key_length("pears: plums: 3"), 5); }
