#include "base/text.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace holdfast {
namespace {

TEST(Number, IsTheWholeTextOrThereIsNone) {
  using namespace std::string_view_literals;
  const struct {
    std::string_view text;
    std::optional<int> number;
  } rows[] = {
      {"0", 0},
      {"7", 7},
      {"007", 7},
      {"2147483647", 2147483647},
      {"-5", -5},
      {"-0", 0},
      {"-007", -7},
      {"00000000000000000000000000000001", 1},
      {"", {}},
      {"-", {}},
      {"+", {}},
      {"+5", {}},
      {"--5", {}},
      {"-+5", {}},
      {"- 5", {}},
      {"5-", {}},
      {" ", {}},
      {" 5", {}},
      {"5 ", {}},
      {"\t5", {}},
      {"5\n", {}},
      {"5\0"sv, {}},
      {"5x", {}},
      {"x5", {}},
      {"5.0", {}},
      {"1e3", {}},
      {"0x10", {}},
      {"1 000", {}},
      {"99999999999999999999999999", {}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(parse_number<int>(row.text), row.number) << '"' << row.text << '"';
  }
  EXPECT_EQ(parse_number<int>(std::string_view()), std::nullopt);
}

TEST(Number, AtTheFrontEndsWithItsDigitsAndIsTakenOrNothingIs) {
  const struct {
    std::string_view text;
    std::optional<int> number;
    std::string_view rest;
  } rows[] = {
      {"12", 12, ""},
      {"12:34", 12, ":34"},
      {"12 34", 12, " 34"},
      {"-3-4", -3, "-4"},
      {"0x10", 0, "x10"},
      {"1.5", 1, ".5"},
      {"5\n", 5, "\n"},
      {"", {}, ""},
      {"-", {}, "-"},
      {"-x", {}, "-x"},
      {"+5", {}, "+5"},
      {" 5", {}, " 5"},
      {"x5", {}, "x5"},
      {"99999999999 5", {}, "99999999999 5"},
      {"-99999999999 5", {}, "-99999999999 5"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(leading_number<int>(row.text), row.number) << row.text;
    std::string_view rest = row.text;
    EXPECT_EQ(take_number<int>(rest), row.number) << row.text;
    EXPECT_EQ(rest, row.rest) << row.text;
  }
}

TEST(Number, NothingBehindTheTextIsRead) {
  const std::string_view text = "1234";
  EXPECT_EQ(parse_number<int>(text.substr(0, 2)), 12);
  EXPECT_EQ(leading_number<int>(text.substr(1, 2)), 23);
}

template <typename N>
void expect_range(std::string_view smallest, std::string_view below, std::string_view largest,
                  std::string_view above) {
  EXPECT_EQ(parse_number<N>(smallest), std::numeric_limits<N>::min()) << smallest;
  EXPECT_EQ(parse_number<N>(largest), std::numeric_limits<N>::max()) << largest;
  for (const std::string_view outside : {below, above}) {
    EXPECT_EQ(parse_number<N>(outside), std::nullopt) << outside;
    EXPECT_EQ(leading_number<N>(std::string(outside) + " "), std::nullopt) << outside;
  }
}

TEST(Number, IsOneThatItsTypeHolds) {
  expect_range<std::int8_t>("-128", "-129", "127", "128");
  expect_range<std::uint8_t>("0", "-1", "255", "256");
  expect_range<std::int16_t>("-32768", "-32769", "32767", "32768");
  expect_range<std::uint16_t>("0", "-0", "65535", "65536");
  expect_range<std::int32_t>("-2147483648", "-2147483649", "2147483647", "2147483648");
  expect_range<std::uint32_t>("0", "-1", "4294967295", "4294967296");
  expect_range<std::int64_t>("-9223372036854775808", "-9223372036854775809", "9223372036854775807",
                             "9223372036854775808");
  expect_range<std::uint64_t>("0", "-1", "18446744073709551615", "18446744073709551616");
}

TEST(Number, MayBeOfAnotherBase) {
  const struct {
    std::string_view text;
    int base;
    std::optional<std::uint32_t> number;
  } rows[] = {
      {"ff", 16, 255},       {"FF", 16, 255},  {"1fA0", 16, 0x1fa0},
      {"10", 16, 16},        {"0x10", 16, {}}, {"fg", 16, {}},
      {"-1", 16, {}},        {"", 16, {}},     {"ffffffff", 16, 0xffffffff},
      {"0100002", 8, 32770}, {"8", 8, {}},     {"100000000", 16, {}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(parse_number<std::uint32_t>(row.text, row.base), row.number) << row.text;
  }
  EXPECT_EQ(parse_number<int>("-7f", 16), -127);
  EXPECT_EQ(leading_number<std::uint32_t>("1F90 0A", 16), 0x1f90U);
  std::string_view rest = "0x10";
  EXPECT_EQ(take_number<std::uint32_t>(rest, 16), 0U);
  EXPECT_EQ(rest, "x10");
}

}  // namespace
}  // namespace holdfast
