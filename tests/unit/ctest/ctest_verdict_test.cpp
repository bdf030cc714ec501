#include "ctest/ctest_verdict.hpp"

#include "base/encoding.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using namespace std::string_literals;

constexpr Exit code(int value) { return {Exit::Kind::code, value}; }
constexpr Exit death(int value) { return {Exit::Kind::signal, value}; }

TEST(CTestVerdict, EveryRuleInItsOrder) {
  const struct {
    const char* properties;
    Exit end;
    const char* output;
    const char* verdict;
  } rows[] = {
      {"", code(0), "", "passed"},
      {"", code(1), "", "failed"},
      {"", death(11), "", "failed"},
      {"will-fail", code(0), "", "failed"},
      {"will-fail", code(3), "", "passed"},
      {"will-fail", death(6), "", "failed"},
      // The skip code takes precedence over all but a signal.
      {"code=77", code(77), "", "skipped"},
      {"code=77", code(76), "", "failed"},
      {"code=0", code(0), "", "skipped"},
      {"code=77,will-fail", code(77), "", "skipped"},
      {"code=77,fail=x", code(77), "x", "skipped"},
      {"code=77,pass=x", code(77), "y", "skipped"},
      {"code=6", death(6), "", "failed"},
      {"code=300", code(44), "", "failed"},
      // PASS_REGULAR_EXPRESSION replaces the exit code. One match of several is enough.
      {"pass=good", code(1), "good", "passed"},
      {"pass=good", code(0), "bad", "failed"},
      {"pass=good,pass=fine", code(9), "fine", "passed"},
      {"pass=good,will-fail", code(0), "good", "failed"},
      {"pass=good,will-fail", code(0), "bad", "passed"},
      {"pass=good", death(9), "good", "failed"},
      // FAIL_REGULAR_EXPRESSION counts beside the exit code.
      {"fail=bad", code(0), "bad", "failed"},
      {"fail=bad", code(0), "good", "passed"},
      {"fail=bad", code(1), "good", "failed"},
      {"fail=x,fail=bad", code(0), "bad", "failed"},
      {"fail=bad,pass=good", code(0), "good bad", "failed"},
      {"fail=bad,will-fail", code(0), "bad", "passed"},
      // SKIP_REGULAR_EXPRESSION.
      {"skip=later", code(0), "later", "skipped"},
      {"skip=later", code(1), "later", "skipped"},
      {"skip=later", code(1), "now", "failed"},
      {"skip=later,fail=later,will-fail", code(0), "later", "skipped"},
      {"skip=later", death(11), "later", "failed"},
      // An expression that ctest cannot compile matches nowhere.
      {"pass=%28", code(0), "(", "failed"},
      {"fail=%28", code(0), "(", "passed"},
      {"skip=%28", code(0), "(", "passed"},
  };
  for (const auto& row : rows) {
    const Result<VerdictProperties> properties = parse_verdict_properties(row.properties);
    ASSERT_TRUE(properties) << properties.error().message;
    EXPECT_EQ(name_of(CTestVerdict(*properties).of(row.end, row.output)), row.verdict)
        << row.properties << " / " << row.end.value << " / " << row.output;
  }
}

TEST(CTestVerdict, OnlyExpressionsNeedTheOutput) {
  EXPECT_FALSE(CTestVerdict({.will_fail = true, .skip_return_code = 1}).needs_output());
  EXPECT_TRUE(CTestVerdict({.skip_return_code = {}, .skip = {"x"}}).needs_output());
}

TEST(CTestVerdict, TheOutputIsReadAsCTestReadsIt) {
  const struct {
    std::string output;
    std::string read;
  } rows[] = {
      {"", ""},
      {"a", "a\n"},
      {"a\n", "a\n"},
      {"a\n\n", "a\n\n"},
      {"a\r\nb\r\r\n", "a\nb\n"},
      {"a\r", "a\r\n"},
      {"a\rb\n", "a\rb\n"},
      {"a\0b\n"s, "a\nb\n"},
      {"x\n<CTestDetails>text</CTestDetails>\ny\n", "x\ny\n"},
      {"<CTestLabel>l</CTestLabel> rest\ny", "y\n"},
      {"<CTestLabel>l\n", "<CTestLabel>l\n"},
  };
  for (const auto& row : rows) EXPECT_EQ(as_ctest_reads(row.output), row.read);
}

TEST(VerdictProperties, AreReadAsTheyAreWritten) {
  VerdictProperties properties;
  properties.will_fail = true;
  properties.skip_return_code = 77;
  properties.pass = {"a,b=c", "", "\xc3\xa4 (x|y)*\n"};
  properties.fail = {"^[^%]"};
  properties.skip = {"\\[  SKIPPED \\]"};
  std::string text = "will-fail,code=77";
  for (const std::string& one : properties.pass) text += ",pass=" + encode_file_name(one);
  for (const std::string& one : properties.fail) text += ",fail=" + encode_file_name(one);
  for (const std::string& one : properties.skip) text += ",skip=" + encode_file_name(one);
  const Result<VerdictProperties> read = parse_verdict_properties(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, properties);
}

TEST(VerdictProperties, ACodeIsReadAsCTestReadsIt) {
  const struct {
    const char* text;
    std::optional<int> code;
  } rows[] = {
      {"code=77", 77},
      {"code=77x", 77},
      {"code=", 0},
      {"code=x", 0},
      {"code=-1", std::nullopt},
      {"code=256", std::nullopt},
      {"code=255", 255},
      {"code=99999999999", std::nullopt},
  };
  for (const auto& row : rows) {
    const Result<VerdictProperties> read = parse_verdict_properties(row.text);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->skip_return_code, row.code) << row.text;
  }
}

TEST(VerdictProperties, WhatIsNotUnderstoodIsSaid) {
  const Result<VerdictProperties> read = parse_verdict_properties("will-fail,perhaps=1");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message,
            "understand \"perhaps=1\": expected will-fail, code=, pass=, fail= or skip=");
}

TEST(CtestCommand, WhatMayEndARunEarlyIsSeenInEachFormOfTheOption) {
  const struct {
    std::vector<std::string> command;
    Stops stops;
  } rows[] = {
      {{"ctest", "-j8", "--timeout", "1"}, Stops::never},
      {{"ctest", "--stop-on-failure"}, Stops::at_a_failure},
      {{"ctest", "--preset", "p"}, Stops::at_a_failure},
      {{"ctest", "--preset=p"}, Stops::at_a_failure},
      {{"ctest", "--presets-file", "f"}, Stops::never},
      {{"ctest", "--stop-time", "12:00"}, Stops::at_any_time},
      {{"ctest", "--stop-time=12:00", "--stop-on-failure"}, Stops::at_any_time},
  };
  for (const auto& row : rows) EXPECT_EQ(stops_of(row.command), row.stops) << row.command[1];
}

}  // namespace
}  // namespace holdfast
