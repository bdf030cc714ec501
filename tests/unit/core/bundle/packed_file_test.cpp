#include "core/bundle/packed_file.hpp"

#include <gtest/gtest.h>

#include <limits>

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

}  // namespace
}  // namespace holdfast
