#include "history/past_run.hpp"

#include "report/rendered.hpp"
#include "report/sample_journal.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace holdfast {
namespace {

PastRun past(const RunReport& report, std::map<std::string, std::string> outputs = {}) {
  MadeUpOutputs made_up(std::move(outputs));
  return past_run_of(report, made_up, report.run.started.value_or(0));
}

const PastResult& result(const PastRun& run, const std::string& name) {
  const auto found = std::find_if(run.results.begin(), run.results.end(),
                                  [&](const PastResult& one) { return one.test.name == name; });
  EXPECT_NE(found, run.results.end()) << name;
  return *found;
}

TEST(PastRun, EachTestHasOneResultAsInTheReport) {
  const RunReport report = full_journal().report();
  const PastRun run = past(report, {{"red", "/s/a.cpp:7: Failure\nExpected: x\n"}});
  EXPECT_EQ(run.head, (RunHead{"20261120-084053-1234", 1000, 1060, true}));
  EXPECT_EQ(run.results.size(), report.tests.size() - 1) << "without the one that is disabled";
  EXPECT_EQ(result(run, "ok").outcome, "passed");
  EXPECT_EQ(result(run, "ok").wall_ms, 50);
  EXPECT_TRUE(result(run, "ok").failures.empty());
  EXPECT_EQ(result(run, "red").failures,
            (std::vector<PastFailure>{{1, "failed", "a.cpp: Expected: x"}}));
  EXPECT_TRUE(result(run, "dead").is_red());
  EXPECT_EQ(result(run, "later").grade, Grade::skipped);
  EXPECT_EQ(result(run, "inverted").grade, Grade::passed);
  EXPECT_TRUE(result(run, "inverted").failures.empty());
  EXPECT_EQ(result(run, "gone").failures,
            (std::vector<PastFailure>{{1, "not_run", "Unable to find executable: x"}}));
}

TEST(PastRun, AFlakyTestHasTheSignatureOfTheAttemptThatFailed) {
  const PastRun run = past(full_journal().report());
  EXPECT_TRUE(result(run, "wobbly").flaky);
  EXPECT_FALSE(result(run, "wobbly").is_red());
  EXPECT_EQ(result(run, "wobbly").failures,
            (std::vector<PastFailure>{{1, "failed", "failed: exit code 1"}}));
  EXPECT_EQ(result(run, "twice").failures,
            (std::vector<PastFailure>{{1, "failed", "failed: exit code 1"},
                                      {2, "crashed", "crashed: signal 6 (SIGABRT)"}}));
}

TEST(PastRun, TestsOfOneNameAreToldApartAndCasesBelongToTheirBatch) {
  RunReport report;
  for (int i = 0; i < 2; ++i) {
    TestReport& test = report.tests.emplace_back();
    test.name = "same";
    test.outcome = Outcome::passed;
  }
  report.tests[1].cases = {{"same", Outcome::failed, 1}};
  const PastRun run = past(report);
  ASSERT_EQ(run.results.size(), 3U);
  EXPECT_EQ(run.results[0].test, (TestId{"same"}));
  EXPECT_EQ(run.results[1].test, (TestId{"same", "", 2}));
  EXPECT_EQ(run.results[2].test, (TestId{"same", "same"}));
  EXPECT_TRUE(run.results[2].is_red());
}

TEST(PastRun, AKeyCountsOnlyIfAllRunsMakeTheSameOne) {
  RunReport report;
  TestReport& test = report.tests.emplace_back();
  test.name = "a";
  test.key = "k";
  test.nth = 3;
  test.outcome = Outcome::passed;
  EXPECT_EQ(past(report).results.at(0).test, (TestId{"a", "", 1}));
  report.run.has_keys = true;
  EXPECT_EQ(past(report).results.at(0).test, (TestId{"a", "", 3, "k"}));
}

TEST(PastRun, ARunThatDidNotComeToItsEndIsRememberedAsSuch) {
  SampleJournal sample;
  sample.run_started().attempt("a", Outcome::passed).run_ended(false);
  EXPECT_FALSE(past(sample.report()).head.complete);
}

TEST(PastRun, AnEarlierAttemptHasTheWordsOfItsOwnOutput) {
  SampleJournal sample;
  sample.run_started()
      .attempt("a", Outcome::failed, 1)
      .change_last_attempt([](AttemptEnded& ended) { ended.log = "1.log"; });
  sample.attempt("a", Outcome::passed).run_ended();
  const PastRun run = past(sample.report(), {{"a", "a.cpp:1: Failure\nof the last\n"},
                                             {"1.log", "a.cpp:1: Failure\nof the first\n"}});
  EXPECT_EQ(result(run, "a").failures,
            (std::vector<PastFailure>{{1, "failed", "a.cpp: of the first"}}));
}

TEST(PastRun, ARunEndsNoEarlierThanItBegan) {
  RunReport report;
  report.run.started = 1000;
  EXPECT_EQ(past(report).head.ended, 1000);
  report.run.ended = 900;  // the clock was set back
  EXPECT_EQ(past(report).head.ended, 1000);
}

TEST(PastRun, ACaseHasTheKeyTheNumberAndTheProgramOfItsBatch) {
  RunReport report;
  report.run.has_keys = true;
  TestReport& batch = report.tests.emplace_back();
  batch.name = "net";
  batch.key = "k";
  batch.nth = 3;
  batch.program = "00aa";
  batch.outcome = Outcome::failed;
  batch.attempts.emplace_back().has_ended = true;
  CaseRecord one;
  one.name = "Net.A";
  one.outcome = Outcome::failed;
  one.exit_code = 7;
  one.wall_s = 0.25;
  batch.cases = {{one, 2}};
  const PastRun run = past(report, {{"Net.A", "a.cpp:1: Failure\nno\n"}});
  ASSERT_EQ(run.results.size(), 2U);
  EXPECT_EQ(run.results[0].program, "00aa");
  const PastResult expected{{"Net.A", "net", 3, "k"},     "failed", Grade::failure, 250, 1, false,
                            {{1, "failed", "a.cpp: no"}}, "00aa"};
  EXPECT_EQ(run.results[1], expected);
}

TEST(PastRun, ACaseThatDidNotRunHasNoAttemptAndItsReason) {
  RunReport report;
  TestReport& batch = report.tests.emplace_back();
  batch.name = "net";
  batch.outcome = Outcome::crashed;
  CaseRecord one;
  one.name = "Net.A";
  one.outcome = Outcome::not_run;
  one.note = "the batch was ended";
  batch.cases = {{one, 0}};
  const PastResult result = past(report).results.at(1);
  EXPECT_EQ(result.attempts, 0);
  EXPECT_EQ(result.failures, (std::vector<PastFailure>{{1, "not_run", "the batch was ended"}}));
}

// The journal lacks its first record.
TEST(PastRun, ARunOfWhichNobodyKnowsWhenItBeganHasTheTimeThatIsGiven) {
  RunReport report;
  report.run.ended = 900;
  Outputs outputs;
  const RunHead head = past_run_of(report, outputs, 800).head;
  EXPECT_EQ(head.started, 800);
  EXPECT_EQ(head.ended, 900);
}

}  // namespace
}  // namespace holdfast
