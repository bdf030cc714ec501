#include "base/process_name.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <string>

#include "base/random_text.hpp"

namespace holdfast {
namespace {

using namespace std::string_literals;

TEST(AttemptTag, NumbersAreAboveAnyLimitPeopleSetAndBelowInfinity) {
  std::set<std::uint64_t> numbers;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t number = tag_number("20261120-084053-1234." + std::to_string(i));
    EXPECT_GE(number, 1ULL << 62U);
    EXPECT_LT(number, 1ULL << 63U);
    numbers.insert(number);
  }
  EXPECT_EQ(numbers.size(), 10'000U);
}

TEST(AttemptTag, AnAttemptHasOneNumber) {
  EXPECT_EQ(tag_number("r.1"), tag_number("r.1"));
  EXPECT_NE(tag_number("r.1"), tag_number("r.11"));
  EXPECT_NE(tag_number("r.1"), tag_number(""));
}

TEST(AttemptTag, AnEnvironmentHasItsAttemptAndThoseAroundIt) {
  const struct {
    std::string environment;
    bool has;
  } rows[] = {
      {"HOLDFAST_ATTEMPT_ID=r.1\0"s, true},
      {"A=b\0HOLDFAST_ATTEMPT_ID=r.1"s, true},
      {"HOLDFAST_ATTEMPT_ID=r.1\0Z=\0"s, true},
      {"HOLDFAST_HELD=user/db#r.1\0"s, true},
      {"HOLDFAST_HELD=user/db#r.2,tree-1/run#r.1\0HOLDFAST_ATTEMPT_ID=r.2\0"s, true},
      {"HOLDFAST_HELD=user/db#r.1,user/a#r.2\0"s, true},
      {""s, false},
      {"\0\0\0"s, false},
      {"HOLDFAST_ATTEMPT_ID=r.11\0"s, false},
      {"HOLDFAST_ATTEMPT_ID=r.\0"s, false},
      {"HOLDFAST_ATTEMPT_ID=\0"s, false},
      {"HOLDFAST_ATTEMPT_ID"s, false},
      {"XHOLDFAST_ATTEMPT_ID=r.1\0"s, false},
      {"HOLDFAST_ATTEMPT_ID_=r.1\0"s, false},
      {"OTHER=HOLDFAST_ATTEMPT_ID=r.1\0"s, false},
      {"HOLDFAST_HELD=user/db#r.11\0"s, false},
      {"HOLDFAST_HELD=user/r.1#r.2\0"s, false},
      {"HOLDFAST_HELD=r.1\0"s, false},
      {"HOLDFAST_HELD=#\0"s, false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(environment_has_attempt(row.environment, "r.1"), row.has) << row.environment;
  }
}

TEST(AttemptTag, TheNumberIsReadFromALineOfLimits) {
  const std::string before =
      "Limit                     Soft Limit           Hard Limit           Units     \n"
      "Max address space         unlimited            unlimited            bytes     \n";
  EXPECT_EQ(
      tag_in_limits(before + "Max file locks            4611686018427387905  unlimited  locks\n"),
      4611686018427387905ULL);
  EXPECT_EQ(tag_in_limits(before + "Max file locks            unlimited  unlimited  locks\n"), 0U);
  EXPECT_EQ(tag_in_limits(before), 0U);
  EXPECT_EQ(tag_in_limits("Max file locks"), 0U);
  EXPECT_EQ(tag_in_limits(""), 0U);
}

TEST(AttemptTag, NoBytesAroundAnEntryConfuseIt) {
  RandomText random(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = random.of("HOLDFAST_ATTEMPT_ID=r.1,#\n"s + '\0', 60);
    ASSERT_FALSE(environment_has_attempt(text, "r.1")) << text;
    ASSERT_TRUE(environment_has_attempt(text + "\0HOLDFAST_ATTEMPT_ID=r.1\0"s + text, "r.1"))
        << text;
    ASSERT_FALSE(environment_has_attempt(text + "HOLDFAST_ATTEMPT_ID=r.1x"s + text, "r.1")) << text;
  }
}

TEST(AttemptTag, WhatStandsBehindTheLabelIsANumberOrNone) {
  RandomText random(8);
  int numbers = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = random.of("0123 x\n", 12);
    const std::size_t first = std::min(text.size(), text.find_first_not_of(' '));
    const std::string digits = text.substr(first, text.find_first_not_of("0123", first) - first);
    const std::uint64_t wanted = digits.empty() ? 0 : std::stoull(digits);
    numbers += wanted != 0 ? 1 : 0;
    ASSERT_EQ(tag_in_limits("Max file locks" + text), wanted) << text;
  }
  EXPECT_GT(numbers, 1000);
}

TEST(AttemptTag, OnlyTheNumberOfAnAttemptIsATag) {
  constexpr std::uint64_t k_first = 1ULL << 62U;
  for (const std::uint64_t tag : {tag_number("r.1"), k_first, 2 * k_first - 1}) {
    EXPECT_TRUE(is_tag(tag)) << tag;
  }
  for (const std::uint64_t limit : {std::uint64_t{0}, std::uint64_t{1024}, k_first - 1, 2 * k_first,
                                    std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_FALSE(is_tag(limit)) << limit;
  }
}

TEST(AttemptTag, ACgroupHasTheNameOfItsTreeAndItsAttempt) {
  const std::string prefix = cgroup_prefix("/b");
  EXPECT_TRUE(prefix.starts_with("holdfast-")) << prefix;
  EXPECT_TRUE(prefix.ends_with("-")) << prefix;  // no other number begins like this one
  EXPECT_EQ(cgroup_name("/b", "12-34.1"), prefix + "12-34.1");
  EXPECT_NE(cgroup_prefix("/b2"), prefix);
  EXPECT_NE(cgroup_prefix(""), prefix);
}

}  // namespace
}  // namespace holdfast
