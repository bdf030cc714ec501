#include "values/retry_rules.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Day, IsReadAndWrittenBack) {
  for (const char* text : {"2026-12-31", "2024-02-29", "0999-01-01"}) {
    const std::optional<Day> day = parse_day(text);
    ASSERT_TRUE(day) << text;
    EXPECT_EQ(to_text(*day), text);
  }
  for (const char* text : {"", "2026", "2026-13-01", "2026-02-29", "2026-00-10", "2026-01-32",
                           "2026-1-1", "26-01-01", "2026-01-01 ", "2026/01/01", "2026-01-0x"}) {
    EXPECT_FALSE(parse_day(text)) << text;
  }
}

TEST(Day, OfATimeIsThatOfUtc) {
  EXPECT_EQ(to_text(day_of(0)), "1970-01-01");
  EXPECT_EQ(to_text(day_of(86'399'999)), "1970-01-01");
  EXPECT_EQ(to_text(day_of(86'400'000)), "1970-01-02");
  EXPECT_EQ(to_text(day_of(-1)), "1969-12-31");
}

TEST(KnownFlaky, HoldsToTheEndOfItsLastDay) {
  KnownFlaky entry;
  entry.expires = *parse_day("2026-03-31");
  EXPECT_FALSE(has_expired(entry, *parse_day("2026-03-30")));
  EXPECT_FALSE(has_expired(entry, *parse_day("2026-03-31")));
  EXPECT_TRUE(has_expired(entry, *parse_day("2026-04-01")));
}

}  // namespace
}  // namespace holdfast
