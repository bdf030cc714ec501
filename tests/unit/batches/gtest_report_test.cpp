#include "batches/gtest_report.hpp"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

constexpr const char* k_report = R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="5" failures="2" disabled="1" errors="0" time="0" name="AllTests">
  <testsuite name="S" tests="4" failures="1">
    <testcase name="passes" status="run" result="completed" time="0" classname="S" />
    <testcase name="fails" status="run" result="completed" time="0" classname="S">
      <failure message="a &gt; b" type=""><![CDATA[</testcase><testcase name="forged" status="run" classname="S" />
]]></failure>
    </testcase>
    <testcase name="skips" status="run" result="skipped" time="0" classname="S">
      <skipped message="no > device"><![CDATA[no]]></skipped>
    </testcase>
    <testcase name="DISABLED_one" status="notrun" result="suppressed" time="0" classname="S" />
  </testsuite>
  <testsuite name="P/T&lt;int&gt;" tests="1">
    <testcase name="a&quot;&#x0A;b/0" value_param="1 &gt; 0" status="run" classname="P/T&lt;int&gt;">
    </testcase>
  </testsuite>
  <testsuite name="NonTestSuiteFailure" tests="1" failures="1">
    <testcase name="" status="run" result="completed" classname="">
      <failure message="licence server is down"><![CDATA[down]]></failure>
    </testcase>
  </testsuite>
</testsuites>
)";

TEST(GtestReportTest, says_how_each_case_that_ran_has_ended) {
  const auto report = parse_gtest_report(k_report);
  ASSERT_TRUE(report.has_value());
  ASSERT_EQ(report->cases.size(), 4U);
  EXPECT_EQ(report->cases[0].name, "S.passes");
  EXPECT_EQ(report->cases[0].end, CaseEnd::passed);
  EXPECT_EQ(report->cases[1].name, "S.fails");
  EXPECT_EQ(report->cases[1].end, CaseEnd::failed);
  EXPECT_EQ(report->cases[2].name, "S.skips");
  EXPECT_EQ(report->cases[2].end, CaseEnd::skipped);
  EXPECT_EQ(report->cases[3].name, "P/T<int>.a\"\nb/0");
  EXPECT_EQ(report->cases[3].end, CaseEnd::passed);
}

// As they stand in the report of a program that ended before them.
TEST(GtestReportTest, cases_that_never_began_have_not_passed) {
  const auto one = [](const std::string& name, const std::string& more) {
    return "<testcase name=\"" + name + "\" status=\"run\" " + more + " classname=\"S\" />";
  };
  const auto report =
      parse_gtest_report("<testsuites><testsuite name=\"S\">" +
                         one("ran", "result=\"completed\" timestamp=\"2026-01-02T03:04:05\"") +
                         one("east", "result=\"completed\" timestamp=\"1970-01-01T01:00:00\"") +
                         one("west", "result=\"completed\" timestamp=\"1969-12-31T19:00:00\"") +
                         one("skipped", "result=\"skipped\" timestamp=\"1970-01-01T01:00:00\"") +
                         "</testsuite></testsuites>");
  ASSERT_TRUE(report.has_value());
  ASSERT_EQ(report->cases.size(), 2U);
  EXPECT_EQ(report->cases[0].name, "S.ran");
  EXPECT_EQ(report->cases[1].name, "S.skipped");
  EXPECT_EQ(report->not_begun, 2U);
}

TEST(GtestReportTest, agrees_with_an_exit_code_that_fits_its_failures) {
  GtestReport report = *parse_gtest_report(k_report);
  EXPECT_TRUE(report.has_failures);
  EXPECT_TRUE(report.agrees_with({ProcessEnd::Kind::exited, 1}));
  EXPECT_FALSE(report.agrees_with({ProcessEnd::Kind::exited, 0}));
  EXPECT_FALSE(report.agrees_with({ProcessEnd::Kind::signalled, 6}));
  report.has_failures = false;
  EXPECT_TRUE(report.agrees_with({ProcessEnd::Kind::exited, 0}));
}

TEST(GtestReportTest, what_stands_outside_of_its_place_is_no_case) {
  const std::string begin = "<testsuites><testcase name=\"a\" status=\"run\" classname=\"S\"";
  const auto report = parse_gtest_report(
      begin + "/></testcase><skipped/><failure message=\"x\"/></testcase></testsuites>");
  ASSERT_TRUE(report.has_value());
  ASSERT_EQ(report->cases.size(), 1U);
  EXPECT_EQ(report->cases[0].end, CaseEnd::passed);
  EXPECT_TRUE(report->has_failures);
  EXPECT_TRUE(report->outside.empty());
  EXPECT_EQ(
      parse_gtest_report(begin + "><failure/><skipped/></testcase></testsuites>")->cases[0].end,
      CaseEnd::failed);
  EXPECT_FALSE(parse_gtest_report(begin + "></testsuites>").has_value()) << "the case is open";
}

TEST(GtestReportTest, what_is_cut_off_is_no_report) {
  const std::string whole = k_report;
  const std::size_t needed = whole.rfind('>');
  for (std::size_t size = 0; size <= needed; ++size) {
    EXPECT_FALSE(parse_gtest_report(whole.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(parse_gtest_report("<testsuites").has_value());
  EXPECT_FALSE(parse_gtest_report("</testsuites").has_value());
}

}  // namespace
}  // namespace holdfast
