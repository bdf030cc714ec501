#include "run/run.hpp"

#include <gtest/gtest.h>

#include "journal/records.hpp"

namespace holdfast {
namespace {

using Names = std::vector<std::string>;

std::string line(const Names& names, bool is_own = true) {
  PlannedRecord record;
  record.is_own = is_own;
  record.tests = names;
  return line_of(record);
}

RunReport report(const Names& names, const Names& words = {"ctest"}) {
  RunReport report;
  report.run.complete = true;
  report.run.command = words;
  for (const std::string& name : names) {
    TestReport& test = report.tests.emplace_back();
    test.name = name;
    test.verdict = name.starts_with("red") ? Verdict::failed : Verdict::passed;
  }
  return report;
}

const std::string k_changed = "the list of tests has changed since tests were chosen";

TEST(ChosenTests, WithoutAChoiceAnyTestMayRun) {
  for (const std::string& records : {std::string(), line({"other"}, false)}) {
    const ChosenTests chosen(records);
    EXPECT_EQ(chosen.refusal_of("a"), "");
    EXPECT_EQ(chosen.difference_to(report({"a"})), "");
  }
}

TEST(ChosenTests, ThoseOfAllOwnRecordsMayRun) {
  const ChosenTests chosen(line({"a", "b"}) + line({"z"}, false) + line({"c"}));
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(chosen.refusal_of(name), "");
  EXPECT_EQ(chosen.refusal_of("z"), "this test was not chosen: " + k_changed);
  EXPECT_EQ(chosen.difference_to(report({"c", "a", "b"})), "");
  EXPECT_EQ(chosen.difference_to(report({"c", "z", "b"})),
            k_changed + "; not run: \"a\"; not chosen, but started: \"z\"; start it again");
}

TEST(ChosenTests, OtherLinesChooseNothing) {
  const ChosenTests chosen("garbage\n" + line_of(RunEnded{}) + line({"a"}));
  EXPECT_EQ(chosen.refusal_of("a"), "");
  EXPECT_NE(chosen.refusal_of("b"), "");
}

TEST(ChosenTests, TestsOfOneNameAreCounted) {
  const ChosenTests chosen(line({"a", "a", "b"}));
  EXPECT_EQ(chosen.difference_to(report({"a", "b", "a"})), "");
  EXPECT_EQ(chosen.difference_to(report({"a", "b"})),
            k_changed + "; not run: \"a\"; start it again");
  EXPECT_EQ(chosen.difference_to(report({"a", "a", "b", "a"})),
            k_changed + "; not chosen, but started: \"a\"; start it again");
}

TEST(ChosenTests, BytesBeyondAsciiAreAlike) {
  const ChosenTests chosen(line({"f\xff\xfe!", "\xc3\xbc"}));
  EXPECT_EQ(chosen.refusal_of("f\xff\xfe!"), "");
  EXPECT_EQ(chosen.refusal_of("f\xef\xbf\xbd!"), "");
  EXPECT_NE(chosen.refusal_of("f!"), "");
  EXPECT_EQ(chosen.difference_to(report({"f\xef\xbf\xbd!", "\xc3\xbc"})), "");
}

TEST(ChosenTests, WhatIsMissingIsToldOnlyIfAllTestsAreKnown) {
  const ChosenTests chosen(line({"red", "a"}));
  RunReport whole = report({"red"});
  EXPECT_NE(chosen.difference_to(whole), "");
  RunReport one = whole;
  one.run.complete = false;
  EXPECT_EQ(chosen.difference_to(one), "");
  one = whole;
  one.run.has_log = false;
  EXPECT_EQ(chosen.difference_to(one), "");
  one = whole;
  one.run.unrecorded = 1;
  EXPECT_EQ(chosen.difference_to(one), "");
  EXPECT_EQ(chosen.difference_to(report({"red"}, {"ctest", "--stop-on-failure"})), "");
  EXPECT_EQ(chosen.difference_to(report({"red"}, {"ctest", "--preset", "p"})), "");
  EXPECT_EQ(chosen.difference_to(report({"a"}, {"ctest", "--stop-time", "12:00"})), "");
  EXPECT_NE(chosen.difference_to(report({"a"}, {"ctest", "--stop-on-failure"})), "");
}

}  // namespace
}  // namespace holdfast
