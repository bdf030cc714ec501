#include "batches/gtest_report.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

std::string part(const std::string& cases) {
  return "<testsuites tests=\"1\"><testsuite name=\"S\">" + cases + "</testsuite></testsuites>";
}

std::string own(const std::string& name, const std::string& inside = "") {
  return "<testcase name=\"" + name +
         "\" file=\"f\" status=\"run\" result=\"completed\" "
         "timestamp=\"2026-01-01T00:00:00\" classname=\"S\">" +
         inside + "</testcase>";
}

CaseResult result_of(const std::string& name, Outcome outcome) {
  CaseResult result;
  result.name = name;
  result.outcome = outcome;
  return result;
}

std::size_t count_in(const std::string& text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

TEST(GtestMergeTest, each_result_is_there_once_by_its_own_element_if_that_fits) {
  GtestMerge merge;
  merge.add(part(own("a") + own("b")));
  merge.add(part(own("c", "<failure message=\"no\"></failure>")));
  merge.add("no report");
  merge.add_words("S.d", "<said> & \x01 died\n");
  merge.add_words("S.b", "\xff\xfe");
  const std::string text =
      merge.text({result_of("S.a", Outcome::passed), result_of("S.b", Outcome::crashed),
                  result_of("S.c", Outcome::failed), result_of("S.d", Outcome::crashed),
                  result_of("T.e", Outcome::skipped)},
                 "now");
  EXPECT_EQ(count_in(text, "<testcase "), 5U);
  EXPECT_EQ(count_in(text, "file=\"f\""), 2U);
  EXPECT_EQ(count_in(text, "<failure"), 3U);
  EXPECT_NE(text.find("message=\"crashed&#x0A;&lt;said&gt; &amp; ? died&#x0A;\""),
            std::string::npos);
  EXPECT_NE(text.find("<testsuites tests=\"5\" failures=\"3\" disabled=\"0\" skipped=\"1\""),
            std::string::npos);
  EXPECT_NE(text.find("<testsuite name=\"T\" tests=\"1\" failures=\"0\""), std::string::npos);
}

TEST(GtestMergeTest, times_are_seconds_with_three_decimals_and_are_added_up) {
  CaseResult slow = result_of("S.slow", Outcome::crashed);
  slow.wall_us = 61'002'900;
  CaseResult quick = result_of("S.quick", Outcome::crashed);
  quick.wall_us = 1'050'200;
  const std::string text = GtestMerge().text({slow, quick}, "now");
  EXPECT_EQ(count_in(text, " time=\"61.002\""), 1U) << text;
  EXPECT_EQ(count_in(text, " time=\"1.050\""), 1U) << text;
  EXPECT_EQ(count_in(text, " time=\"62.053\""), 2U) << text;  // of the suite, and of all
}

TEST(GtestMergeTest, cases_of_an_earlier_report_stay_and_are_replaced) {
  GtestMerge merge;
  merge.add(part(own("a", "<failure message=\"no\"></failure>") + own("b")));
  merge.add(part(own("a")));
  const std::string text = merge.text({result_of("S.a", Outcome::passed)}, "now");
  EXPECT_EQ(count_in(text, "<testcase "), 2U);
  EXPECT_EQ(count_in(text, "<failure"), 0U);
}

TEST(GtestMergeTest, what_failed_outside_of_cases_is_there_once) {
  const std::string outside = part(
      "<testcase name=\"\" status=\"run\" result=\"completed\" classname=\"\">"
      "<failure message=\"set-up\"></failure></testcase>");
  GtestMerge merge;
  merge.add(outside);
  merge.add(outside);
  const std::string text = merge.text({}, "now");
  EXPECT_EQ(count_in(text, "set-up"), 1U);
  EXPECT_NE(text.find("<testsuites tests=\"1\" failures=\"1\""), std::string::npos);
}

}  // namespace
}  // namespace holdfast
