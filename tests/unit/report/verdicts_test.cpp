// Which test and which attempt ctest's verdicts and outputs are of.
#include "report/run_report.hpp"

#include "report/sample_journal.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(ModelVerdicts, ATestWhoseEntryIsInDoubtIsNotFlaky) {
  SampleJournal sample;
  sample.attempt("a", Outcome::failed, 1).attempt("a", Outcome::passed);
  sample.verdict("a", Verdict::passed, 1, true).times(2);
  EXPECT_TRUE(sample.report().tests.at(0).flaky);
  std::get<VerdictRecord>(sample.journal().records.back()).doubtful = true;
  EXPECT_FALSE(sample.report().tests.at(0).flaky);
  EXPECT_EQ(name_of(sample.report().tests.at(0).outcome), "passed");
}

TEST(ModelVerdicts, OfTwoVerdictsWithOneNumberTheLastCounts) {
  SampleJournal sample;
  sample.verdict("a", Verdict::failed, 1, true).verdict("a", Verdict::passed, 1, true);
  sample.verdict("b", Verdict::failed, 2, true);
  const RunReport report = sample.report();
  ASSERT_EQ(report.tests.size(), 2U);
  EXPECT_EQ(name_of(report.tests[0].outcome), "passed");
  EXPECT_EQ(report.tests[1].name, "b");
  EXPECT_EQ(name_of(report.tests[1].outcome), "failed");
}

TEST(ModelVerdicts, VerdictsWithoutAKeyGoToNamesakesInTurn) {
  SampleJournal sample;
  sample.attempt("dup", Outcome::passed, 0, "one").attempt("dup", Outcome::failed, 1, "two");
  sample.verdict("dup", Verdict::passed, 1, true).verdict("dup", Verdict::failed, 2, true);
  const RunReport report = sample.report();
  ASSERT_EQ(report.tests.size(), 2U);
  EXPECT_EQ(report.tests[0].key, "one");
  EXPECT_EQ(report.tests[0].index, 1);
  EXPECT_EQ(report.tests[1].key, "two");
  EXPECT_EQ(report.tests[1].index, 2);
}

// ctest has run the test twice (--repeat), and the launcher has tried it again at the first time.
TEST(ModelVerdicts, WhatAnEarlierExecutionPrintedIsOfItsLastAttempt) {
  SampleJournal sample;
  sample.attempt("a", Outcome::failed, 1).attempt("a", Outcome::failed, 1);
  std::vector<Record>& records = sample.journal().records;
  std::get<AttemptStarted>(records[records.size() - 2]).n = 2;
  std::get<AttemptEnded>(records.back()).n = 2;
  sample.attempt("a", Outcome::passed).verdict("a", Verdict::passed, 1, true).times(2);
  std::get<VerdictRecord>(records.back()).earlier = {{"/b/LastTest.log", 10, 5}};
  const RunReport report = sample.report();
  ASSERT_EQ(report.tests.size(), 1U);
  const std::vector<Attempt>& attempts = report.tests[0].attempts;
  ASSERT_EQ(attempts.size(), 3U);
  EXPECT_TRUE(attempts[0].printed.empty());
  ASSERT_EQ(attempts[1].printed.size(), 1U);
  EXPECT_EQ(attempts[1].printed[0].offset, 10U);
  EXPECT_EQ(attempts[1].test, "a");  // by which the place in the log is checked
  EXPECT_TRUE(attempts[2].printed.empty());
}

TEST(ModelVerdicts, AVerdictOnATimeBeforeIsNoneOnTheLast) {
  const auto again = [](std::optional<Verdict> own, int logged) {
    SampleJournal sample;
    sample.attempt("a", Outcome::passed).attempt("a", Outcome::passed);
    sample.change_last_attempt([&](AttemptEnded& ended) { ended.verdict = own; });
    sample.verdict("a", Verdict::failed, 1, true).times(logged);
    return name_of(sample.report().tests.at(0).outcome);
  };
  EXPECT_EQ(again(Verdict::unknown, 2), "failed");
  EXPECT_EQ(again(Verdict::unknown, 1), "unknown");
  EXPECT_EQ(again(std::nullopt, 1), "passed");
  // The last attempt left no record, or a test has printed that entry of ctest's log.
  SampleJournal ahead;
  ahead.attempt("a", Outcome::crashed, 11).verdict("a", Verdict::passed, 1, true).times(2);
  // An older version's verdict has no key, and is believed as far as it goes.
  EXPECT_EQ(name_of(ahead.report().tests.at(0).outcome), "crashed");
  ahead.with_key("k").launched();
  EXPECT_EQ(name_of(ahead.report().tests.at(0).outcome), "unknown");
  // What it might say is what the launcher knows.
  SampleJournal same;
  same.attempt("a", Outcome::failed).verdict("a", Verdict::failed, 1, true).times(2);
  same.with_key("k").launched();
  EXPECT_EQ(name_of(same.report().tests.at(0).outcome), "failed");
}

TEST(ModelVerdicts, AnEntryBeforeOneThatMayBePrintedIsInDoubt) {
  const auto before = [](std::optional<Verdict> own, std::int64_t started) {
    SampleJournal sample;
    sample.attempt("a", Outcome::passed);
    sample.change_last_attempt([&](AttemptEnded& ended) { ended.verdict = own; });
    for (std::int64_t i = 0; i < started; ++i) sample.attempt("b", Outcome::passed, 0, "kb");
    sample.verdict("a", Verdict::failed, 1, true);
    std::get<VerdictRecord>(sample.journal().records.back()).before = 2;
    sample.verdict("b", Verdict::passed, 2, true).times(2).with_key("kb").launched();
    return name_of(sample.report().tests.at(0).outcome);
  };
  EXPECT_EQ(before(Verdict::unknown, 2), "failed");
  EXPECT_EQ(before(Verdict::unknown, 1), "unknown");
  EXPECT_EQ(before(std::nullopt, 1), "unknown");
  EXPECT_EQ(before(Verdict::failed, 1), "failed");
}

TEST(ModelVerdicts, PassedOrSkippedIsUnknownUnlessSomebodyKnows) {
  const auto or_skipped = [](SampleJournal sample) {
    sample.verdict("a", Verdict::passed, 1, true);
    std::get<VerdictRecord>(sample.journal().records.back()).or_skipped = true;
    return name_of(sample.report().tests.at(0).outcome);
  };
  EXPECT_EQ(or_skipped(SampleJournal()), "unknown");
  EXPECT_EQ(or_skipped(SampleJournal().bare("a", "why")), "passed");
  EXPECT_EQ(or_skipped(SampleJournal().attempt("a", Outcome::passed)), "passed");
  EXPECT_EQ(or_skipped(SampleJournal().attempt("a", Outcome::skipped, 77)), "skipped");
  SampleJournal bare;
  bare.bare("a", "why");
  std::get<Bare>(bare.journal().records.back()).may_be_skipped = true;
  EXPECT_EQ(or_skipped(bare), "unknown");
}

TEST(ModelVerdicts, NamesakesAreTwoTestsAndTheKeyTellsWhoseAVerdictIs) {
  SampleJournal sample;
  sample.attempt("dup", Outcome::passed, 0, "one").attempt("dup", Outcome::failed, 1, "two");
  // An expression over the output decides. So what ctest says need not be what the code says.
  sample.change_last_attempt([](AttemptEnded& ended) { ended.verdict = Verdict::unknown; });
  sample.verdict("dup", Verdict::passed, 1).with_key("two");
  sample.verdict("dup", Verdict::passed, 2).with_key("one", 2);
  sample.verdict("dup", Verdict::failed, 3, true).with_key("three", 3).launched();
  const RunReport report = sample.report();
  ASSERT_EQ(report.tests.size(), 3U);
  EXPECT_EQ(report.tests[0].key, "two");
  EXPECT_EQ(report.tests[0].attempts.at(0).outcome, Outcome::failed);
  EXPECT_EQ(report.tests[0].verdict, Verdict::passed);
  EXPECT_EQ(report.tests[1].key, "one");
  EXPECT_EQ(report.tests[1].nth, 2);
  EXPECT_EQ(report.tests[1].outcome, Outcome::passed);
  EXPECT_EQ(report.tests[2].why, "its launcher left no record");
}

TEST(ModelVerdicts, TwoNumbersOfOneKeyAreInDoubt) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed).change_last_attempt([](AttemptEnded& ended) {
    ended.verdict = Verdict::unknown;
  });
  sample.verdict("a", Verdict::failed, 2, true).with_key("k").launched();
  // Another test has read the word, and has printed an entry.
  sample.verdict("a", Verdict::passed, 9, true).with_key("k").launched();
  const RunReport report = sample.report();
  ASSERT_EQ(report.tests.size(), 1U);
  EXPECT_EQ(report.tests[0].outcome, Outcome::unknown);
}

TEST(ModelVerdicts, ANamesakeThatCtestDidNotStartIsATestOfItsOwn) {
  SampleJournal sample;
  sample.attempt("dup", Outcome::failed, 1, "one");
  sample.verdict("dup", Verdict::disabled, 1, false).verdict("dup", Verdict::failed, 2, true);
  const RunReport report = sample.report();
  ASSERT_EQ(report.tests.size(), 2U);
  EXPECT_EQ(report.tests[0].outcome, Outcome::not_run);
  EXPECT_EQ(report.tests[1].outcome, Outcome::failed);
  EXPECT_EQ(report.tests[1].index, 2);
}

TEST(ModelVerdicts, WithoutAnAttemptAFailureIsNotRunUnlessCtestsLogSaysThatItRan) {
  SampleJournal sample;
  sample.verdict("a", Verdict::failed, 1)
      .verdict("b", Verdict::failed, 2, true)
      .verdict("c", Verdict::passed, 3);
  sample.bare("d", "why").verdict("d", Verdict::failed, 4);
  const RunReport report = sample.report();
  EXPECT_EQ(test_named(report, "a").outcome, Outcome::not_run);
  EXPECT_FALSE(test_named(report, "a").bare);
  EXPECT_EQ(test_named(report, "b").outcome, Outcome::failed);
  EXPECT_TRUE(test_named(report, "b").bare);
  EXPECT_EQ(test_named(report, "c").outcome, Outcome::passed);
  EXPECT_TRUE(test_named(report, "c").bare);
  EXPECT_EQ(test_named(report, "d").outcome, Outcome::failed);
  EXPECT_TRUE(test_named(report, "d").bare);
}

TEST(ModelVerdicts, AnEarlierExecutionThatPrintedNothingHasNoOutput) {
  SampleJournal sample;
  for (int i = 0; i < 3; ++i) sample.attempt("a", Outcome::failed, 1);
  sample.verdict("a", Verdict::failed, 1, true).times(3);
  std::get<VerdictRecord>(sample.journal().records.back()).earlier = {{"/b/LastTest.log", 10, 0},
                                                                      {"/b/LastTest.log", 20, 5}};
  const std::vector<Attempt> attempts = sample.report().tests.at(0).attempts;
  ASSERT_EQ(attempts.size(), 3U);
  EXPECT_TRUE(attempts[0].printed.empty());
  ASSERT_EQ(attempts[1].printed.size(), 1U);
  EXPECT_EQ(attempts[1].printed[0].offset, 20U);
}

// An entry too many may be printed, and then the places are those of other executions.
TEST(ModelVerdicts, EarlierExecutionsHaveTheirOutputsOnlyIfTheLogHasThemAll) {
  const auto is_given = [](int times, bool is_doubtful) {
    SampleJournal sample;
    sample.attempt("a", Outcome::failed, 1).attempt("a", Outcome::failed, 1);
    sample.verdict("a", Verdict::failed, 1, true).times(times);
    auto& verdict = std::get<VerdictRecord>(sample.journal().records.back());
    verdict.earlier = {{"/b/LastTest.log", 10, 5}};
    verdict.doubtful = is_doubtful;
    return !sample.report().tests.at(0).attempts.at(0).printed.empty();
  };
  EXPECT_TRUE(is_given(2, false));
  EXPECT_FALSE(is_given(2, true));
  EXPECT_FALSE(is_given(3, false));
  EXPECT_FALSE(is_given(1, false));
}

TEST(ModelVerdicts, ATestHasTheProgramOfItsVerdict) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed).verdict("a", Verdict::passed, 1, true);
  std::get<VerdictRecord>(sample.journal().records.back()).program = "00aa";
  sample.verdict("without", Verdict::passed, 2, true);
  std::get<VerdictRecord>(sample.journal().records.back()).program = "00bb";
  const RunReport report = sample.report();
  EXPECT_EQ(test_named(report, "a").program, "00aa");
  EXPECT_EQ(test_named(report, "without").program, "00bb");
}

TEST(ModelVerdicts, ATestThatOnlyCtestKnowsHasTheKeyOfItsVerdict) {
  SampleJournal sample;
  sample.verdict("a", Verdict::passed, 1, true).with_key("7f");
  EXPECT_EQ(sample.report().tests.at(0).key, "7f");
}

TEST(ModelVerdicts, AKeyOfATestWithAnotherNameIsNotThatTest) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed, 0, "k1").verdict("b", Verdict::failed, 1).with_key("k1");
  const RunReport report = sample.report();
  ASSERT_EQ(report.tests.size(), 2U);
  EXPECT_EQ(test_named(report, "a").outcome, Outcome::passed);
  EXPECT_TRUE(test_named(report, "b").attempts.empty());
}

}  // namespace
}  // namespace holdfast
