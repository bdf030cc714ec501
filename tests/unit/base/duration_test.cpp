#include "base/duration.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "base/random_text.hpp"

namespace holdfast {
namespace {

TEST(Duration, ABareNumberIsSecondsAndAUnitSaysOtherwise) {
  const struct {
    const char* text;
    std::int64_t ms;
  } rows[] = {
      {"0", 0},          {"5", 5'000},   {"5s", 5'000},     {"500ms", 500},     {"2m", 120'000},
      {"1h", 3'600'000}, {"1.5", 1'500}, {"1.5m", 90'000},  {"0.25h", 900'000}, {".5", 500},
      {"1.", 1'000},     {"007", 7'000}, {"1.9999", 1'999}, {"0.1ms", 1},       {"0.0ms", 0},
      {"0.000", 0},      {"2.5ms", 2},
  };
  for (const auto& row : rows) {
    const Result<Milliseconds> parsed = parse_duration(row.text);
    ASSERT_TRUE(parsed) << row.text;
    EXPECT_EQ(parsed->count(), row.ms) << row.text;
  }
}

TEST(Duration, APositiveTimeNeverBecomesZeroWhichWouldMeanNoLimit) {
  for (const char* text :
       {"0.0001", "0.1ms", "0.000000001", "0.0000000001", "0.00000000000000001h"}) {
    const Result<Milliseconds> parsed = parse_duration(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->count(), 1) << text;
  }
}

TEST(Duration, WhatIsNotANonNegativeDecimalNumberWithAUnitIsRefused) {
  for (const char* text :
       {"",   ".",   "s",    "ms",  "-1",   "+1",   " 1",  "1 ",  "1 s", "1x",   "1d",
        "1S", "1e3", "0x10", "1,5", "1..5", "1.5.", "5ss", "nan", "inf", "1m30s"}) {
    const Result<Milliseconds> parsed = parse_duration(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().message,
              "\"" + std::string(text) + "\": expected a duration such as 500ms, 5s, 2m or 1.5");
  }
}

TEST(Duration, PracticallyNeverIsTheLongestAndDoesNotWrapAround) {
  for (const char* text : {"9223372036854775807", "99999999999999999999999",
                           "9223372036854775807ms", "99999999999999h", "285616414724h"}) {
    const Result<Milliseconds> parsed = parse_duration(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, k_longest) << text;
  }
}

TEST(Duration, WhateverIsAcceptedIsBetweenZeroAndTheLongest) {
  RandomText random(2);
  for (int i = 0; i < 50'000; ++i) {
    const std::string text = random.of("0123456789..mshh", 24);
    const Result<Milliseconds> parsed = parse_duration(text);
    if (!parsed) continue;
    EXPECT_GE(parsed->count(), 0) << text;
    EXPECT_LE(*parsed, k_longest) << text;
    const bool positive = text.find_first_of("123456789") != std::string::npos;
    EXPECT_EQ(parsed->count() > 0, positive) << text;
  }
}

TEST(Duration, ATextIsReadBackAndHasTheLargestUnitThatFits) {
  const struct {
    Milliseconds length;
    const char* text;
  } rows[] = {
      {Milliseconds{0}, "0s"},           {Milliseconds{1}, "1ms"},
      {Milliseconds{1500}, "1500ms"},    {Milliseconds{90'000}, "90s"},
      {Milliseconds{1'200'000}, "20m"},  {Milliseconds{7'200'000}, "2h"},
      {k_longest, "9007199254740991ms"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(to_text(row.length), row.text);
    EXPECT_EQ(*parse_duration(row.text), row.length);
  }
}

TEST(Duration, PeopleAreToldTheTwoLargestUnits) {
  const struct {
    std::int64_t ms;
    const char* text;
  } rows[] = {
      {0, "0.0 s"},
      {49, "0.0 s"},
      {50, "0.1 s"},
      {4'200, "4.2 s"},
      {59'949, "59.9 s"},
      {60'000, "1 min 0 s"},
      {200'000, "3 min 20 s"},
      {3'599'999, "59 min 59 s"},
      {3'600'000, "1 h 0 min"},
      {90'000'000, "25 h 0 min"},
  };
  for (const auto& row : rows) EXPECT_EQ(describe(Milliseconds{row.ms}), row.text);
}

}  // namespace
}  // namespace holdfast
