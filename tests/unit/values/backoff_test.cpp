#include "values/retry_rules.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

namespace holdfast {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, IsReadAndWrittenBack) {
  const struct {
    const char* text;
    const char* written;
  } rows[] = {
      {"2s", "2s"},
      {"0", "0s"},
      {"1.5", "1500ms"},
      {"2m", "2m"},
      {"exponential:500ms..30s", "exponential:500ms..30s"},
      {"exponential:1..1", "1s"},
  };
  for (const auto& row : rows) {
    const Result<Backoff> read = parse_backoff(row.text);
    ASSERT_TRUE(read) << row.text;
    EXPECT_EQ(to_text(*read), row.written);
    EXPECT_EQ(*parse_backoff(to_text(*read)), *read);
  }
}

TEST(Backoff, WhatIsNoneIsRefusedByWhatWasExpected) {
  for (const char* text :
       {"", "soon", "-1s", "linear:1s..2s", "exponential:", "exponential:1s", "exponential:2s..1s",
        "exponential:0..1s", "exponential:1s..", "1s..2s", "exponential:1s...2s",
        "exponential:x..2s", "exponential:..2s", "exponential:1s..x"}) {
    const Result<Backoff> read = parse_backoff(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(
        read.error().message,
        "\"" + std::string(text) + "\": expected a duration such as 2s, or exponential:500ms..30s");
  }
}

TEST(Share, IsReadAndWrittenBack) {
  const struct {
    const char* text;
    PerMille share;
    const char* written;
  } rows[] = {
      {"0", 0, "0"},           {"1", 1000, "1"},   {"0.5", 500, "0.5"},  {"0.25", 250, "0.25"},
      {"0.125", 125, "0.125"}, {"0.0009", 0, "0"}, {"1.000", 1000, "1"}, {"0.05", 50, "0.05"},
  };
  for (const auto& row : rows) {
    const Result<PerMille> read = parse_share(row.text);
    ASSERT_TRUE(read) << row.text;
    EXPECT_EQ(*read, row.share);
    EXPECT_EQ(share_to_text(*read), row.written);
  }
  for (const char* text :
       {"", ".5", "1.1", "1.0001", "2", "-0.1", "0.", "0.5x", "50%", "0,5", "00.5"}) {
    const Result<PerMille> read = parse_share(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().message,
              "\"" + std::string(text) + "\": expected a number between 0 and 1");
  }
}

TEST(Wait, IsFixedOrDoubledUpToTheLongest) {
  const Backoff fixed = *parse_backoff("2s");
  const Backoff doubled = *parse_backoff("exponential:500ms..3s");
  const std::int64_t expected[] = {500, 1000, 2000, 3000, 3000};
  for (unsigned further = 1; further <= 5; ++further) {
    EXPECT_EQ(wait_before(further, fixed, 0, 7), milliseconds(2000));
    EXPECT_EQ(wait_before(further, doubled, 0, 7).count(), expected[further - 1]);
  }
  EXPECT_EQ(wait_before(0, doubled, 0, 7), milliseconds(500));
  EXPECT_EQ(wait_before(1, {}, 1000, 7), milliseconds(0));
  EXPECT_EQ(wait_before(1'000'000, doubled, 0, 7), milliseconds(3000));
  EXPECT_EQ(wait_before(4'000'000'000U, {milliseconds(1), k_longest}, 0, 7), k_longest);
}

TEST(Wait, JitterStaysWithinItsShareAndDependsOnTheSeedAlone) {
  const Backoff fixed = *parse_backoff("10s");
  std::set<std::int64_t> seen;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const Milliseconds wait = wait_before(1, fixed, 250, seed);
    EXPECT_GE(wait, milliseconds(7500));
    EXPECT_LE(wait, milliseconds(10'000));
    EXPECT_EQ(wait, wait_before(1, fixed, 250, seed));
    seen.insert(wait.count());
  }
  EXPECT_GT(seen.size(), 350U);
  EXPECT_LT(*seen.begin(), 7600);
  EXPECT_GT(*seen.rbegin(), 9900);
  EXPECT_NE(wait_before(1, fixed, 1000, 1), wait_before(2, fixed, 1000, 1));
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Milliseconds wait = wait_before(1, {k_longest, k_longest}, 1000, seed);
    EXPECT_GE(wait.count(), 0);
    EXPECT_LE(wait, k_longest);
  }
}

}  // namespace
}  // namespace holdfast
