#include "ctest/ctest_log_marks.hpp"

#include <gtest/gtest.h>

#include "os/file/descriptors.hpp"

namespace holdfast {
namespace {

constexpr std::uint64_t k_piece = 1U << 20U;  // so much is read at once
constexpr std::string_view k_needle = "needle";

TEST(LogText, WhatLiesAcrossTwoPiecesIsFound) {
  for (std::uint64_t shift = 0; shift <= k_needle.size() + 1; ++shift) {
    for (const std::uint64_t border : {k_piece, 2 * k_piece}) {
      std::string text(3 * k_piece, '.');
      const std::uint64_t place = border - shift;
      text.replace(place, k_needle.size(), k_needle);
      const Result<os::UniqueFd> file = os::memory_file(text);
      ASSERT_TRUE(file);
      EXPECT_EQ(LogText(file->get()).find(k_needle, 0, text.size()), place);
      EXPECT_EQ(LogText(file->get()).find_last(k_needle, 0, text.size()), place);
      LogText log(file->get());
      EXPECT_EQ(log.at(0, 1), ".");
      EXPECT_TRUE(log.has(k_needle, place));
      EXPECT_EQ(log.before(place + k_needle.size(), k_needle.size()), k_needle);
      EXPECT_FALSE(log.find(k_needle, place + 1, text.size()));
      EXPECT_FALSE(log.find_last(k_needle, 0, place + k_needle.size() - 1));
    }
  }
}

TEST(LogText, TheEndIsNotPassed) {
  const Result<os::UniqueFd> file = os::memory_file("abc");
  ASSERT_TRUE(file);
  LogText log(file->get());
  EXPECT_EQ(log.size(), 3U);
  EXPECT_EQ(log.at(2, 100), "c");
  EXPECT_EQ(log.at(3, 100), "");
  EXPECT_EQ(log.before(2, 100), "ab");
  EXPECT_FALSE(log.find("abcd", 0, 100));
  EXPECT_EQ(log.read_error(), 0);
}

}  // namespace
}  // namespace holdfast
