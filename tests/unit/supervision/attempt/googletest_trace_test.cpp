#include "supervision/attempt/googletest_trace.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "started.hpp"

namespace holdfast::supervision {
namespace {

// Nothing can be made below it, so a program is asked for a plain file.
constexpr const char* k_nowhere = "/proc/no-such-directory";

struct Asked {
  GoogletestTrace trace;
  std::vector<std::string> variables;  // what the test is told
};

Asked asked(std::vector<std::string> command, std::vector<std::string> inherited = {}) {
  command.insert(command.begin(), "--");
  Started started(std::move(command), std::move(inherited));
  const Invocation invocation = started.invocation();
  TestEnvironment told(invocation.environment);
  Asked result{ask_for_trace(invocation, k_nowhere, told), {}};
  for (char** entry = told.environ(); *entry != nullptr; ++entry) {
    result.variables.emplace_back(*entry);
  }
  return result;
}

bool has(const Asked& asked, const std::string& variable) {
  return std::find(asked.variables.begin(), asked.variables.end(), variable) !=
         asked.variables.end();
}

TEST(GoogletestTrace, AsksForARunsFileAndForReports) {
  const Asked plain = asked({"/b/t"});
  EXPECT_TRUE(plain.trace.runs_file);
  EXPECT_TRUE(plain.trace.reports);
  EXPECT_FALSE(plain.trace.may_be_empty);
  EXPECT_TRUE(has(plain, "TEST_PREMATURE_EXIT_FILE=/proc/no-such-directory/googletest-runs"));
  EXPECT_TRUE(has(plain, "GTEST_OUTPUT=xml:/proc/no-such-directory/"));
  EXPECT_TRUE(asked({"/b/t", "--gtest_filter=A.*"}).trace.may_be_empty);
}

TEST(GoogletestTrace, AsksForNothingThatTheUserHasForHimself) {
  const Asked own_runs = asked({"/b/t"}, {"TEST_PREMATURE_EXIT_FILE=/x"});
  EXPECT_FALSE(own_runs.trace.runs_file);
  EXPECT_TRUE(own_runs.trace.reports);
  const Asked own_report = asked({"/b/t"}, {"GTEST_OUTPUT=xml:mine"});
  EXPECT_TRUE(own_report.trace.runs_file);
  EXPECT_FALSE(own_report.trace.reports);
  EXPECT_FALSE(asked({"/b/t", "--gtest_output=json"}).trace.reports);
  EXPECT_FALSE(asked({"/b/t", "--gtest_list_tests"}).trace.reports);
}

struct Weighed {
  std::vector<std::string> names;  // what is left for others
  Observation seen;
};

Weighed weighed(const GoogletestTrace& trace, std::vector<std::string> names, int code = 0) {
  Started started({"--", "/b/t"});
  Weighed result{std::move(names), {}};
  result.seen.main = {ProcessEnd::Kind::exited, code};
  weigh_trace(trace, started.invocation(), {}, result.names, result.seen);
  return result;
}

TEST(GoogletestTrace, ARunsFileThatIsStillThereMeansThatItsCasesWereNotThrough) {
  GoogletestTrace trace;
  trace.runs_file = true;
  const Weighed left = weighed(trace, {"googletest-runs", "exit-1"});
  EXPECT_TRUE(left.seen.unfinished);
  EXPECT_EQ(left.names, std::vector<std::string>{"exit-1"});
  EXPECT_FALSE(weighed(trace, {"exit-1"}).seen.unfinished);
}

TEST(GoogletestTrace, FilesThatNobodyAskedForAreNotOurs) {
  const std::vector<std::string> names{"googletest-runs", "googletest-began", "t.xml"};
  const Weighed result = weighed({}, names);
  EXPECT_EQ(result.names, names);
  EXPECT_FALSE(result.seen.unfinished);
}

TEST(GoogletestTrace, TakesItsOwnFilesOutOfTheMarkers) {
  GoogletestTrace trace;
  trace.runs_file = true;
  trace.reports = true;
  const Weighed result =
      weighed(trace, {"t.xml", "exit-1", "googletest-began", "googletest-runs", "u.xml"});
  EXPECT_EQ(result.names, std::vector<std::string>{"exit-1"});
}

TEST(GoogletestTrace, WithoutAReportNobodyKnowsThatThereWereNoCases) {
  GoogletestTrace trace;
  trace.reports = true;
  trace.may_be_empty = true;
  EXPECT_FALSE(weighed(trace, {"t.xml"}).seen.ran_nothing);
  EXPECT_FALSE(weighed(trace, {}).seen.ran_nothing);
}

}  // namespace
}  // namespace holdfast::supervision
