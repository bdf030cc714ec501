#include "report/run_report.hpp"

#include "report/sample_journal.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Model, TheRunIsDescribedByItsFirstAndLastRecord) {
  const RunReport report = full_journal().report();
  EXPECT_EQ(report.run.id, "20261120-084053-1234");
  EXPECT_EQ(report.run.tree, "/home/a/build");
  EXPECT_TRUE(report.run.complete);
  EXPECT_EQ(report.run.started, 1000);
  EXPECT_EQ(report.run.ended, 1060);
  EXPECT_EQ(report.run.version, "0.1.0");
  EXPECT_EQ(report.run.command, (std::vector<std::string>{"ctest", "-j8"}));
  EXPECT_EQ(report.run.jobs, 8U);
  EXPECT_FALSE(report.run.has_keys);
}

TEST(Model, WhatARunSaidAtItsBeginIsInItsReport) {
  RunStarted record;
  record.at = 1000;
  record.command = {"ctest"};
  record.environment = {"CTEST_PARALLEL_LEVEL=3"};
  record.inside = "1-outer";
  record.log = "debug";
  LogWordRecord word;
  word.at = 5000;  // it does not tell that something happened then
  word.word = "0123";
  SampleJournal sample;
  sample.journal().records = {record, word};
  const RunInfo run = sample.run_ended().report().run;
  EXPECT_EQ(run.jobs, 3U);
  EXPECT_EQ(run.inside, "1-outer");
  EXPECT_EQ(run.log, "debug");
  EXPECT_TRUE(run.has_keys);
  EXPECT_EQ(run.ended, 1060);
}

TEST(Model, ARunWithoutItsEndOrWithAnEndThatSaysSoIsIncomplete) {
  EXPECT_FALSE(SampleJournal().run_started().attempt("a", Outcome::passed).report().run.complete);
  EXPECT_FALSE(SampleJournal().run_started().run_ended(false).report().run.complete);
  EXPECT_TRUE(SampleJournal().run_started().run_ended(true).run_ended(false).report().run.complete);
  EXPECT_FALSE(SampleJournal().report().run.complete);
}

// `holdfast end` and the keeper may each write one, in either order.
TEST(Model, OfTwoEndsARunHasWhatEitherOfThemTells) {
  const RunEnded full{1060, "20261120-084053-1234", true, "words", 3, false, 1050, {"a"}, {"b"}};
  const RunEnded brief{1061, "20261120-084053-1234", false};
  for (const bool is_full_first : {true, false}) {
    SampleJournal sample;
    sample.run_started();
    sample.journal().records.emplace_back(is_full_first ? full : brief);
    sample.journal().records.emplace_back(is_full_first ? brief : full);
    const RunInfo run = sample.report().run;
    EXPECT_TRUE(run.complete);
    EXPECT_EQ(run.retries, "words");
    EXPECT_EQ(run.unrecorded, 3);
    EXPECT_FALSE(run.has_log);
    EXPECT_EQ(run.keeper_until, 1050);
    EXPECT_EQ(run.address_in_use, std::vector<std::string>{"a"});
    EXPECT_EQ(run.ran_nothing, std::vector<std::string>{"b"});
    EXPECT_EQ(run.ended, 1061);
  }
}

TEST(Model, ARunWithoutItsEndLastedUntilItsLastRecord) {
  const RunReport report = SampleJournal().run_started().attempt("a", Outcome::passed).report();
  EXPECT_EQ(report.run.ended, 1002);
}

TEST(Model, WhatIsWrongWithAJournalIsInItsReport) {
  SampleJournal sample;
  sample.journal().flaws = 2;
  sample.journal().complaints = {{4, "torn"}};
  sample.journal().cut_off = true;
  const RunReport report = sample.report();
  EXPECT_EQ(report.flaws, 2U);
  ASSERT_EQ(report.complaints.size(), 1U);
  EXPECT_EQ(report.complaints[0].what, "torn");
  EXPECT_TRUE(report.cut_off);
}

TEST(Model, AttemptsOfARepeatedTestAreNumberedThrough) {
  const RunReport report = full_journal().report();
  const TestReport& test = test_named(report, "wobbly");
  ASSERT_EQ(test.attempts.size(), 2U);
  EXPECT_EQ(test.attempts[0].n, 1);
  EXPECT_EQ(test.attempts[1].n, 2);
  EXPECT_EQ(test.attempts[0].outcome, Outcome::failed);
  EXPECT_EQ(test.attempts[1].outcome, Outcome::passed);
}

TEST(Model, PassingAfterAFailureIsFlakyAndAnInvertedFailureIsNot) {
  EXPECT_TRUE(test_named(full_journal().report(), "wobbly").flaky);
  EXPECT_FALSE(test_named(full_journal().report(), "twice").flaky);
  SampleJournal inverted;
  inverted.attempt("w", Outcome::failed, 1)
      .attempt("w", Outcome::failed, 1)
      .change_last_attempt([](AttemptEnded& ended) { ended.verdict = Verdict::passed; })
      .verdict("w", Verdict::passed, 1);
  EXPECT_FALSE(inverted.report().tests[0].flaky);
  EXPECT_EQ(inverted.report().tests[0].outcome, Outcome::passed);
}

TEST(Model, AnAttemptThatNeverEndedIsInterrupted) {
  const RunReport report = full_journal().report();
  const TestReport& test = test_named(report, "cut");
  EXPECT_EQ(test.outcome, Outcome::interrupted);
  EXPECT_FALSE(test.attempts[0].has_ended);
  EXPECT_EQ(test.attempts[0].started, 1001);
}

TEST(Model, WhatRunsIsNotInterruptedWhileTheRunGoesOn) {
  SampleJournal sample;
  sample.run_started().attempt_started("a");
  const RunReport report = report_of(sample.journal(), RunState::going_on);
  EXPECT_EQ(name_of(report.tests.at(0).outcome), "unknown");
  EXPECT_TRUE(report.tests.at(0).attempts.at(0).is_running);
  EXPECT_EQ(name_of(sample.report().tests.at(0).outcome), "interrupted");
  sample.run_ended();  // ctest has ended, so the test has, too
  EXPECT_EQ(name_of(sample.report().tests.at(0).outcome), "unknown");
}

TEST(Model, AnEndWhoseStartWasLostIsAnAttempt) {
  SampleJournal sample;
  sample.attempt_ended("a", Outcome::passed, 0, "k", 7);
  const RunReport report = sample.report();
  ASSERT_EQ(report.tests.size(), 1U);
  EXPECT_EQ(report.tests[0].outcome, Outcome::passed);
  EXPECT_FALSE(report.tests[0].attempts[0].started);
}

TEST(Model, TestsInterleavedByParallelJobsKeepTheirAttempts) {
  SampleJournal sample;
  sample.attempt_started("a").attempt_started("b");
  sample.attempt_ended("b", Outcome::passed, 0, "k", 2)
      .attempt_ended("a", Outcome::failed, 1, "k", 1);
  const RunReport report = sample.report();
  ASSERT_EQ(report.tests.size(), 2U);
  EXPECT_EQ(test_named(report, "a").attempts.size(), 1U);
  EXPECT_EQ(test_named(report, "a").outcome, Outcome::failed);
  EXPECT_EQ(test_named(report, "b").outcome, Outcome::passed);
}

TEST(Model, TestsAreInCtestsOrder) {
  SampleJournal sample;
  sample.attempt("c", Outcome::passed).attempt("a", Outcome::passed).attempt("b", Outcome::passed);
  sample.verdict("a", Verdict::passed, 10).verdict("b", Verdict::passed, 9);
  const RunReport report = sample.report();
  EXPECT_EQ(report.tests[0].name, "b");
  EXPECT_EQ(report.tests[1].name, "a");
  EXPECT_EQ(report.tests[2].name, "c");
}

TEST(Model, TestsWithoutANumberComeLastInTheirOrder) {
  SampleJournal sample;
  for (const std::string name : {"c", "x", "a", "e", "y", "b", "d"})
    sample.attempt(name, Outcome::passed);
  int number = 0;
  for (const std::string name : {"a", "b", "c", "d", "e"})
    sample.verdict(name, Verdict::passed, ++number);
  std::string names;
  for (const TestReport& test : sample.report().tests) names += test.name;
  EXPECT_EQ(names, "abcdexy");
}

TEST(Model, CasesOfAFurtherAttemptReplaceThoseThatWentWrong) {
  Journal journal;
  const auto add_case = [&](const char* attempt, const char* name, Outcome outcome) {
    CasesRecord record;
    record.attempt = attempt;
    record.test = "t";
    CaseRecord& one = record.cases.emplace_back();
    one.name = name;
    one.outcome = outcome;
    journal.records.emplace_back(record);
  };
  for (int n = 1; n <= 2; ++n) {
    AttemptStarted started;
    started.attempt = n == 1 ? "a" : "b";
    started.test = "t";
    started.n = n;
    journal.records.emplace_back(started);
    if (n == 1) add_case("a", "S.good", Outcome::passed);
    add_case(n == 1 ? "a" : "b", "S.bad", n == 1 ? Outcome::failed : Outcome::passed);
  }
  const RunReport report = report_of(journal);
  ASSERT_EQ(report.tests.size(), 1U);
  ASSERT_EQ(report.tests[0].cases.size(), 2U);
  EXPECT_EQ(report.tests[0].cases[0].outcome, Outcome::passed);
  EXPECT_EQ(report.tests[0].cases[1].outcome, Outcome::passed);
}

TEST(Model, CasesOfAnEarlierExecutionAreNotThoseOfTheLast) {
  Journal journal;
  for (const char* attempt : {"a", "b"}) {
    CasesRecord record;
    record.attempt = attempt;
    record.test = "t";
    record.cases.emplace_back().name = std::string("S.") + attempt;
    journal.records.emplace_back(record);
  }
  const RunReport report = report_of(journal);
  ASSERT_EQ(report.tests.size(), 1U);
  ASSERT_EQ(report.tests[0].cases.size(), 1U);
  EXPECT_EQ(report.tests[0].cases[0].name, "S.b");
}

TEST(Model, AStaleTestIsFlaggedAndCounted) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed);
  Journal journal = sample.journal();
  const auto& ended = std::get<AttemptEnded>(journal.records.back());
  journal.records.emplace_back(Stale{1, ended.attempt, "a", ended.key, "/p", "it changed"});
  const RunReport report = report_of(journal);
  ASSERT_EQ(report.tests.size(), 1U);
  EXPECT_EQ(report.tests[0].flags, std::vector<std::string>{"stale"});
  EXPECT_EQ(report.tests[0].stale_why, "it changed");
  EXPECT_EQ(report.counts.stale, 1U);
}

TEST(Model, ATestMayBeSkippedIfItSaidSoOnce) {
  SampleJournal sample;
  sample.run_started();
  for (const bool may_be_skipped : {true, false})
    sample.journal().records.push_back(Bare{1001, "a", "k", "why", may_be_skipped});
  const RunReport report = sample.run_ended().report();
  EXPECT_TRUE(report.tests.at(0).may_be_skipped);
  EXPECT_EQ(report.tests.at(0).executions, 2);
}

TEST(Model, TheScheduleOfAFurtherAttemptThatSaysNoneIsThatOfTheFirst) {
  SampleJournal sample;
  sample.run_started().attempt_started("a");
  std::get<AttemptStarted>(sample.journal().records.back()).schedule.depends = {"b"};
  sample.attempt_started("a").run_ended();
  EXPECT_EQ(sample.report().tests.at(0).schedule.depends, std::vector<std::string>{"b"});
}

TEST(Model, ADivisionHasTheTestsOfAllShardsAndTheOwnOne) {
  SampleJournal sample;
  sample.run_started();
  const auto plan = [&](const char* shard, bool is_own, const char* test) {
    PlannedRecord record;
    record.shard = shard;
    record.is_own = is_own;
    record.fingerprint = "00ff";
    record.tests = {test};
    sample.journal().records.emplace_back(record);
  };
  plan("1/3", false, "a");
  plan("2/3", true, "b");
  plan("2/3", true, "c");
  plan("3/3", false, "d");
  const RunDivision division = sample.run_ended().report().division;
  EXPECT_EQ(division.shard, "2/3");
  EXPECT_EQ(division.fingerprint, "00ff");
  EXPECT_EQ(division.tests.size(), 3U);
  EXPECT_EQ(division.tests.at("2/3"), (std::vector<std::string>{"b", "c"}));
}

// `holdfast ctest` chose tests, and no shard is to run the others.
TEST(Model, TestsThatWereChosenAreNoDivision) {
  PlannedRecord record;
  record.is_own = true;
  record.tests = {"a"};
  SampleJournal sample;
  sample.run_started().journal().records.emplace_back(record);
  const RunDivision division = sample.run_ended().report().division;
  EXPECT_EQ(division.fingerprint, "");
  EXPECT_TRUE(division.tests.empty());
}

TEST(Model, ARunWhoseBeginIsLostHasTheIdOfItsEnd) {
  SampleJournal sample;
  EXPECT_EQ(sample.run_ended().report().run.id, "20261120-084053-1234");
  SampleJournal both;
  both.run_started().run_ended();
  std::get<RunEnded>(both.journal().records.back()).run = "another";
  EXPECT_EQ(both.report().run.id, "20261120-084053-1234");
}

TEST(Model, ATestIsWhateverAnyOfItsAttemptsIs) {
  for (const int which : {0, 1}) {
    SampleJournal sample;
    for (int i = 0; i < 2; ++i) {
      sample.attempt("a", Outcome::passed);
      if (i != which) continue;
      sample.change_last_attempt([](AttemptEnded& ended) {
        ended.flags = {"odd"};
        ended.leftovers = {{7, "sleep"}};
        ended.orphan_markers = {{"exit-7", "of another"}};
      });
    }
    const RunReport report = sample.report();
    EXPECT_EQ(report.tests.at(0).flags, (std::vector<std::string>{"odd", "leaked"})) << which;
    EXPECT_TRUE(report.tests[0].leaked);
    EXPECT_TRUE(report.tests[0].orphaned);
    EXPECT_EQ(report.counts.leaked, 1U);
    EXPECT_EQ(report.counts.orphaned, 1U);
  }
}

TEST(Model, ACaseHasWhatItsRecordSaysAndTheWorkerThatRanIt) {
  CasesRecord record;
  record.attempt = "run.1";
  record.test = "batch";
  record.worker = 3;
  record.cases = {{"S.one", Outcome::failed, 7, {}, 0.25, OutputPlace{"1.log", 10, 5}, "why"}};
  SampleJournal sample;
  sample.journal().records.emplace_back(record);
  const Case one = sample.report().tests.at(0).cases.at(0);
  EXPECT_EQ(one.worker, 3);
  EXPECT_EQ(one.exit_code, 7);
  EXPECT_EQ(one.wall_s, 0.25);
  EXPECT_EQ(one.output, (OutputPlace{"1.log", 10, 5}));
  EXPECT_EQ(one.note, "why");
}

// A launcher whose clock failed, or an older version.
TEST(Model, ARecordWithoutATimeTellsNone) {
  SampleJournal sample;
  sample.run_started(0).attempt("a", Outcome::passed);
  for (Record& record : sample.journal().records) std::visit([](auto& one) { one.at = 0; }, record);
  const RunReport report = sample.report();
  EXPECT_FALSE(report.run.started);
  EXPECT_FALSE(report.run.ended);
  EXPECT_FALSE(report.tests.at(0).attempts.at(0).started);
  EXPECT_FALSE(report.tests[0].attempts[0].ended);
  EXPECT_TRUE(report.tests[0].attempts[0].has_ended);
}

TEST(Model, OfARunThatGoesOnOnlyTheLastAttemptRuns) {
  SampleJournal sample;
  sample.run_started().attempt_started("a").attempt_started("a");
  const RunReport report = report_of(sample.journal(), RunState::going_on);
  ASSERT_EQ(report.tests.at(0).attempts.size(), 2U);
  EXPECT_FALSE(report.tests[0].attempts[0].is_running);
  EXPECT_TRUE(report.tests[0].attempts[1].is_running);
}

TEST(Model, TwoAttemptsOfALauncherWithoutAKeeperHaveOneId) {
  SampleJournal sample;
  for (const int n : {1, 2}) {
    sample.attempt("a", n == 1 ? Outcome::failed : Outcome::passed);
    std::vector<Record>& records = sample.journal().records;
    auto& started = std::get<AttemptStarted>(records[records.size() - 2]);
    auto& ended = std::get<AttemptEnded>(records.back());
    started.attempt = ended.attempt = "4711-99";
    started.n = ended.n = n;
  }
  const RunReport report = sample.report();
  EXPECT_EQ(report.tests.at(0).attempts.size(), 2U);
  EXPECT_EQ(report.tests.at(0).executions, 1);
  EXPECT_TRUE(report.tests.at(0).flaky);
}

TEST(Model, WhileTheRunGoesOnATestThatHasNotBegunDoesNotRun) {
  SampleJournal sample;
  sample.run_started().verdict("off", Verdict::disabled, 1, false);
  const RunReport report = report_of(sample.journal(), RunState::going_on);
  EXPECT_TRUE(test_named(report, "off").attempts.empty());
  EXPECT_EQ(test_named(report, "off").outcome, Outcome::not_run);
}

}  // namespace
}  // namespace holdfast
