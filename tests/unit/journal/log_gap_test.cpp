#include "journal/kept_output.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(LogGap, IsReadAsItWasWritten) {
  for (const std::uint64_t size : {1ULL, 500ULL, ~0ULL}) {
    EXPECT_EQ(gap_at(mark_of_gap(size) + "more"), size);
    EXPECT_LE(mark_of_gap(size).size(), k_longest_mark);
  }
  for (const char* none : {"", "\n", "x\n[… 5 bytes left out …]\n", "\n[… x bytes left out …]\n",
                           "\n[… 5 bytes left"}) {
    EXPECT_EQ(gap_at(none), 0U) << none;
  }
}

// The log keeps the first and the last hundred of 1000 bytes.
TEST(LogGap, LiesBetweenTheTwoPartsThatAreFound) {
  const std::string mark = mark_of_gap(800);
  const LogLayout log = layout_of(100, mark + std::string(100, 'x'));
  EXPECT_EQ(begin_in_file(log, 99), 99U);
  EXPECT_EQ(begin_in_file(log, 100), 100U);
  EXPECT_EQ(begin_in_file(log, 899), 100U);
  EXPECT_EQ(begin_in_file(log, 900), 100 + mark.size());
  EXPECT_EQ(end_in_file(log, 100), 100U);
  EXPECT_EQ(end_in_file(log, 101), 100 + mark.size());
  EXPECT_EQ(end_in_file(log, 1000), 200 + mark.size());
}

TEST(LogGap, IsNotThereIfTheOutputWasShort) {
  const LogLayout log = layout_of(100, "more");
  for (const std::uint64_t offset : {50U, 100U, 104U}) {
    EXPECT_EQ(begin_in_file(log, offset), offset);
    EXPECT_EQ(end_in_file(log, offset), offset);
  }
}

}  // namespace
}  // namespace holdfast
