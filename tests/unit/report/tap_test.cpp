#include "report/rendered.hpp"
#include "report/sample_journal.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TestReport test_of(const std::string& name, Outcome outcome) {
  TestReport test;
  test.name = name;
  test.outcome = outcome;
  test.attempts.resize(1);
  test.attempts.front().has_ended = true;
  test.attempts.front().outcome = outcome;
  test.attempts.front().wall_s = 0.25;
  return test;
}

TEST(Tap, EachTestIsAPointAndWhatIsRedSaysWhy) {
  RunReport report;
  report.run.complete = true;
  report.tests = {test_of("a", Outcome::passed), test_of("b # \\ c", Outcome::failed),
                  test_of("d", Outcome::skipped)};
  report.tests[1].attempts.front().exit_code = 3;
  EXPECT_EQ(text_of_report(report, Format::tap, {{"b # \\ c", "  one\ntwo\n"}}),
            "TAP version 13\n"
            "1..3\n"
            "ok 1 - a\n"
            "not ok 2 - b \\# \\\\ c\n"
            "  ---\n"
            "  message: \"exit code 3 after 0.25 s\"\n"
            "  outcome: \"failed\"\n"
            "  wall_s: 0.25\n"
            "  ...\n"
            "#   one\n"
            "# two\n"
            "ok 3 - d # SKIP skipped\n");
}

TEST(Tap, ARunWithoutTestsAndARunThatWasCutOffSaySo) {
  RunReport report;
  EXPECT_EQ(
      text_of_report(report, Format::tap),
      "TAP version 13\n1..0 # SKIP no tests\nBail out! ctest did not finish, or has not yet\n");
}

TEST(Tap, TheCasesOfABatchTakeItsPlace) {
  RunReport report;
  report.run.complete = true;
  report.tests = {test_of("batch", Outcome::failed)};
  report.tests.front().cases = {{"A.one", Outcome::passed}, {"A.two", Outcome::crashed}};
  const std::string tap = text_of_report(report, Format::tap);
  EXPECT_TRUE(
      tap.starts_with("TAP version 13\n1..2\nok 1 - batch: A.one\nnot ok 2 - batch: A.two\n"))
      << tap;
}

TEST(Tap, ATestThatPassedWithAFlagSaysSo) {
  RunReport report;
  report.run.complete = true;
  report.tests = {test_of("a", Outcome::passed)};
  report.tests.front().flags = {"flaky"};
  report.tests.front().attempts.resize(2, report.tests.front().attempts.front());
  EXPECT_EQ(text_of_report(report, Format::tap, {{"a", "fine\n"}}),
            "TAP version 13\n"
            "1..1\n"
            "ok 1 - a\n"
            "  ---\n"
            "  outcome: \"passed\"\n"
            "  flags: [\"flaky\"]\n"
            "  wall_s: 0.25\n"
            "  attempts: 2\n"
            "  ...\n");
}

TEST(Tap, ABatchThatIsRedThoughItsCasesAreGreenIsAPointToo) {
  RunReport report;
  report.run.complete = true;
  report.tests = {test_of("batch", Outcome::crashed), test_of("good", Outcome::passed)};
  for (TestReport& test : report.tests) test.cases = {{"case", Outcome::passed, 1}};
  const std::string text = text_of_report(report, Format::tap);
  EXPECT_TRUE(
      text.starts_with("TAP version 13\n1..3\n"
                       "ok 1 - batch: case\nnot ok 2 - batch\n"))
      << text;
  EXPECT_TRUE(text.ends_with("ok 3 - good: case\n")) << text;
}

}  // namespace
}  // namespace holdfast
