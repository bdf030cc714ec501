#include "base/packed_file.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

TEST(PackedFile, AHeadIsReadBack) {
  for (const std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{22}, std::numeric_limits<std::uint64_t>::max()}) {
    std::string line = line_of(PackedHead{size, "run/two words"});
    ASSERT_EQ(line.back(), '\n');
    line.pop_back();
    const std::optional<PackedHead> head = parse_packed_head(line);
    ASSERT_TRUE(head) << line;
    EXPECT_EQ(head->size, size);
    EXPECT_EQ(head->name, "run/two words");
  }
}

TEST(PackedFile, HeadsOfOneNameAreOfOneLength) {
  EXPECT_EQ(line_of(PackedHead{0, "a"}).size(),
            line_of(PackedHead{std::numeric_limits<std::uint64_t>::max(), "a"}).size());
}

TEST(PackedFile, WhatIsNoHeadIsRefused) {
  for (const std::string_view line :
       {"", "22 a", "00000000000000000022", "00000000000000000022 ", "0000000000000000002x a",
        "99999999999999999999 a", "00000000000000000022-a", "-0000000000000000022 a"}) {
    EXPECT_FALSE(parse_packed_head(line)) << line;
  }
}

using Files = std::vector<std::pair<std::string, std::string>>;  // names and bytes

std::string sum_of(const Files& files) {
  BundleSum sum;
  for (const auto& [name, bytes] : files) {
    sum.begin(name);
    sum.add(bytes);
  }
  const std::string text = sum.text();
  EXPECT_EQ(sum.text(), text);
  return text;
}

TEST(BundleSum, IsThatOfTheNamesAndBytesOfAllFilesOfTheReport) {
  const Files files{{"run/journal.jsonl", "one"}, {"steps.jsonl", "two"}, {"printed/1", ""}};
  const std::string sum = sum_of(files);
  EXPECT_EQ(sum.size(), 16U);
  EXPECT_EQ(sum.find_first_not_of("0123456789abcdef"), std::string::npos);
  const Files others[] = {
      {{"run/journal.jsonl", "two"}, {"steps.jsonl", "one"}, {"printed/1", ""}},
      {{"run/journal.jsonl", "one"}, {"steps.jsonl", "tw"}, {"printed/1", ""}},
      {{"run/journal.jsonl", "one"}, {"steps.jsonl", "two"}, {"printed/2", ""}},
      {{"run/journal.jsonl", "one"}, {"steps.jsonl", "two"}},
      {},
  };
  for (const Files& other : others) EXPECT_NE(sum_of(other), sum) << &other - others;
}

TEST(BundleSum, NeitherTheOrderNorOtherFilesCount) {
  const Files files{{"run/journal.jsonl", "one"}, {"steps.jsonl", "two"}};
  const std::string sum = sum_of(files);
  EXPECT_EQ(sum_of({files[1], files[0]}), sum);
  EXPECT_EQ(sum_of({{"cmake.txt", "x"}, files[0], {"machine.json", "y"}, files[1]}), sum);
  EXPECT_EQ(sum_of({files[0], files[1], {"bundle.json", "z"}}), sum);
  // The bytes come in pieces of any size.
  BundleSum in_pieces;
  in_pieces.begin(files[1].first);
  for (const char* piece : {"t", "", "wo"}) in_pieces.add(piece);
  in_pieces.begin(files[0].first);
  in_pieces.add(files[0].second);
  EXPECT_EQ(in_pieces.text(), sum);
}

}  // namespace
}  // namespace holdfast
