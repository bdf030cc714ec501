#include "base/log_line.hpp"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

LogLine some_line() {
  return {1'795'963'551'864'845, LogLevel::debug, "host db#2", 77, "a \"b\"", "12-x.3",
          "waits: why"};
}

std::string without_end(std::string text) {
  EXPECT_EQ(text.back(), '\n');
  text.pop_back();
  return text;
}

TEST(LogLine, HasSevenPartsWithTabsBetween) {
  EXPECT_EQ(text_of(some_line()),
            "2026-11-29T14:45:51.864845Z\tdebug\thost db#2\t77\ta \"b\"\t12-x.3\twaits: why\n");
  EXPECT_EQ(text_of(LogLine{0, LogLevel::error, "cli", 1, "", "", "m"}),
            "1970-01-01T00:00:00.000000Z\terror\tcli\t1\t\t\tm\n");
}

TEST(LogLine, IsReadAsItWasWritten) {
  EXPECT_EQ(parse_log_line(without_end(text_of(some_line()))), some_line());
  for (const std::int64_t at : {std::int64_t{0}, std::int64_t{951'782'400'000'001},
                                std::int64_t{253'402'300'799'999'999}}) {
    LogLine line = some_line();
    line.at_us = at;
    EXPECT_EQ(parse_log_line(without_end(text_of(line))), line) << log_time(at);
  }
}

TEST(LogLine, NothingInItBreaksIt) {
  LogLine line = some_line();
  line.test = "a\tb\nc\x1b";
  line.message = "x\ty\nz\xff";
  const std::optional<LogLine> read = parse_log_line(without_end(text_of(line)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->test, "a\\tb\\nc\\x1b");
  EXPECT_EQ(read->message, "x\\ty\\nz\xEF\xBF\xBD");
}

TEST(LogLine, ALongMessageIsCutAndALongNameIsNot) {
  LogLine line = some_line();
  line.test.assign(5000, 'n');
  line.message.assign(100'000, 'm');
  const std::optional<LogLine> read = parse_log_line(without_end(text_of(line)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->test, line.test);
  EXPECT_EQ(read->message, std::string(16 * 1024, 'm') + "...");
}

TEST(LogLine, WhatIsNoneIsNotRead) {
  const std::string good = without_end(text_of(some_line()));
  EXPECT_TRUE(parse_log_line(good));
  for (const std::string& text :
       {std::string(), std::string("x"), good.substr(1), good.substr(0, 40),
        std::string(good).replace(0, 4, "2O26"), std::string(good).replace(5, 2, "13"),
        std::string(good).replace(28, 5, "loud!"), std::string(good).replace(26, 1, "X")}) {
    EXPECT_FALSE(parse_log_line(text)) << text;
  }
  // No line is of the level `off`, and each is of a part of Holdfast.
  EXPECT_TRUE(parse_log_line("1970-01-01T00:00:00.000000Z\terror\tcli\t1\t\t\tm"));
  EXPECT_FALSE(parse_log_line("1970-01-01T00:00:00.000000Z\toff\tcli\t1\t\t\tm"));
  EXPECT_FALSE(parse_log_line("1970-01-01T00:00:00.000000Z\terror\t\t1\t\t\tm"));
}

TEST(LogLine, AMessageMayBeEmpty) {
  LogLine line = some_line();
  line.message.clear();
  EXPECT_EQ(parse_log_line(without_end(text_of(line))), line);
}

}  // namespace
}  // namespace holdfast
