#include "report/render.hpp"

#include "report/sample_journal.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace holdfast {
namespace {

TEST(Summary, ItSaysWhatRanThroughHoldfastAndWhatDidNot) {
  EXPECT_EQ(render_summary(full_journal().report()),
            "holdfast: 11 tests through Holdfast: 4 passed, 1 failed, 2 crashed, 1 timed out, 1 "
            "skipped, 1 lock timeout, "
            "1 interrupted; 1 left processes behind (leaky: sleep); 1 flaky (wobbly)\n"
            "holdfast: 3 not through Holdfast: gone (not run: Unable to find executable: /x); off "
            "(disabled); "
            "alone (HOLDFAST_ENABLED is OFF)\n"
            "holdfast: 1 min 0 s on 8 slots; longest chain 1 min 1 s (slow → leaky); waits: locks "
            "4.20 s; timed out: 1 min 1 s\n");
}

TEST(Summary, WhoExitedOnPurposeAndWhoHasOrphanMarkersIsCountedOnTop) {
  SampleJournal sample;
  sample.attempt("a", Outcome::deliberate_exit, 1).verdict("a", Verdict::failed, 1);
  sample.attempt("b", Outcome::failed, 1).change_last_attempt([](AttemptEnded& ended) {
    ended.orphan_markers = {{"exit-7", "is of another attempt"}};
  });
  sample.verdict("b", Verdict::failed, 2);
  EXPECT_EQ(render_summary(sample.report()),
            "holdfast: 2 tests through Holdfast: 2 failed; 1 exited on purpose; 1 with orphan "
            "markers (b)\n");
  EXPECT_TRUE(adds_up(sample.report().counts));
}

TEST(Summary, AGreenRunIsOneLine) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed).verdict("a", Verdict::passed, 1);
  EXPECT_EQ(render_summary(sample.report()), "holdfast: 1 test through Holdfast: 1 passed\n");
}

TEST(Summary, NoTestsAndNoneThroughHoldfastAreSaid) {
  EXPECT_EQ(render_summary(RunReport{}), "holdfast: no tests were run\n");
  RunReport empty;
  empty.run.complete = true;
  EXPECT_EQ(render_summary(empty), "holdfast: no tests: ctest selected none\n");
  empty.run.has_log = false;
  EXPECT_EQ(
      render_summary(empty),
      "holdfast: no test ran through Holdfast; whether any other ran is not known: ctest's log "
      "is missing or incomplete\n");
  SampleJournal sample;
  sample.verdict("a", Verdict::passed, 1, true);
  EXPECT_EQ(render_summary(sample.report()),
            "holdfast: no test ran through Holdfast\nholdfast: 1 not through Holdfast: a\n");
}

TEST(Summary, WhoWasLaunchedAndIsNotRecordedIsNotSaidToHaveRunBare) {
  SampleJournal sample;
  sample.verdict("a", Verdict::passed, 1, true).launched();
  sample.attempt("b", Outcome::passed).verdict("b", Verdict::passed, 2, true).launched();
  EXPECT_EQ(render_summary(sample.report()),
            "holdfast: 1 test through Holdfast: 1 passed\n"
            "holdfast: 1 not through Holdfast: a (its launcher left no record)\n");
}

TEST(Summary, UnknownIsCountedAndSaidAsThat) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed).change_last_attempt([](AttemptEnded& ended) {
    ended.verdict = Verdict::unknown;
  });
  sample.attempt("b", Outcome::passed);
  EXPECT_EQ(render_summary(sample.report()),
            "holdfast: 2 tests through Holdfast: 1 passed, 1 unknown\n"
            "holdfast: verdict unknown: a (exit code 0 after 0.05 s; its output decides, and what "
            "ctest found there is not on record)\n");
}

TEST(Summary, WhatCouldNotBeRecordedIsSaid) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed);
  RunReport report = sample.report();
  report.run.unrecorded = 2;
  EXPECT_EQ(render_summary(report),
            "holdfast: 1 test through Holdfast: 1 passed\n"
            "holdfast: 2 more tests ran through Holdfast and could not be recorded\n");
}

TEST(Summary, ListsAreBounded) {
  SampleJournal sample;
  for (int i = 0; i < 25; ++i) sample.verdict("t" + std::to_string(i), Verdict::failed, i, false);
  const std::string text = render_summary(sample.report());
  EXPECT_NE(text.find("t9 and 15 more (not run)\n"), std::string::npos) << text;
}

TEST(Summary, EachReasonIsNamedOnceAndTenTestsInAll) {
  SampleJournal sample;
  for (int i = 0; i < 20; ++i) sample.verdict("off" + std::to_string(i), Verdict::disabled, i);
  sample.verdict("x", Verdict::failed, 20, false, "why").verdict("y", Verdict::failed, 21, false);
  const std::string text = render_summary(sample.report());
  EXPECT_NE(text.find("22 not through Holdfast: off0, off1, off2, off3, off4, off5, off6, off7 and "
                      "12 more (disabled); x (not run: why); y (not run)\n"),
            std::string::npos)
      << text;
}

TEST(Summary, OfManyReasonsTenAreNamed) {
  SampleJournal sample;
  for (int i = 0; i < 15; ++i) {
    const std::string why = "why " + std::to_string(i % 12);
    sample.verdict("t" + std::to_string(i), Verdict::failed, i, false, why);
  }
  const std::string text = render_summary(sample.report());
  EXPECT_NE(
      text.find("15 not through Holdfast: t0 and 1 more (not run: why 0); t1 and 1 more (not"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("t9 (not run: why 9); and 2 more\n"), std::string::npos) << text;
}

// The summary is one message of the keeper, of at most 64 KiB (settings/wire.hpp).
TEST(Summary, LongNamesAreCutOffBetweenCharacters) {
  SampleJournal sample;
  sample.verdict(std::string(239, 'n') + "\u00e9" + std::string(200'000, 'n'), Verdict::passed, 1);
  EXPECT_EQ(render_summary(sample.report()),
            "holdfast: no test ran through Holdfast\nholdfast: 1 not through Holdfast: " +
                std::string(239, 'n') + "...\n");
}

TEST(Summary, ANameCannotBreakTheLine) {
  SampleJournal sample;
  sample.verdict("a\nb\x1b", Verdict::failed, 1, false, "one\ntwo");
  const std::string text = render_summary(sample.report());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_NE(text.find("a\\nb\\x1b (not run: one)"), std::string::npos) << text;
}

TEST(Summary, CasesThatDidNotRunAreCounted) {
  SampleJournal sample;
  sample.attempt("batch", Outcome::failed, 1).verdict("batch", Verdict::failed, 1);
  RunReport report = sample.report();
  report.tests[0].cases = {{"a", Outcome::passed, 1}, {"b", Outcome::not_run, 2}};
  report.counts = count(report.tests);
  EXPECT_NE(render_summary(report).find("\nholdfast: 2 cases in batches: 1 passed, 1 not run\n"),
            std::string::npos)
      << render_summary(report);
}

TEST(Summary, WhatTwoAttemptsLeftIsNamedOnce) {
  SampleJournal sample;
  for (int i = 0; i < 2; ++i) {
    sample.attempt("a", Outcome::failed, 1).change_last_attempt([&](AttemptEnded& ended) {
      ended.flags = {"leaked"};
      ended.leftovers = {{1250 + i, "sleep"}, {1260 + i, i == 0 ? "cat" : "dd"}};
    });
  }
  EXPECT_NE(render_summary(sample.report()).find("; 1 left processes behind (a: sleep, cat, dd)\n"),
            std::string::npos)
      << render_summary(sample.report());
}

TEST(Summary, ATestThatLeftProcessesOfWhichNobodyKnowsTheNamesIsNamed) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed).change_last_attempt([](AttemptEnded& ended) {
    ended.flags = {"leaked"};
  });
  EXPECT_EQ(render_summary(sample.report()),
            "holdfast: 1 test through Holdfast: 1 passed; 1 left processes behind (a)\n");
}

TEST(Summary, OfWhatEndedOddlyTheLogSaysMore) {
  SampleJournal sample;
  sample.run_started().attempt("good", Outcome::passed);
  sample.attempt("broken", Outcome::internal_error, 1).attempt_started("cut").run_ended(false);
  RunReport report = sample.report();
  const auto has = [&](const std::string& text) {
    return render_summary(report).find(text) != std::string::npos;
  };
  EXPECT_FALSE(has("holdfast log"));
  report.run.log = "debug";
  EXPECT_TRUE(has("\nholdfast: more on broken, cut: holdfast log 20261120-084053-1234\n"));
  report.run.id = "12-20261120-084053-1234";
  EXPECT_TRUE(has("\nholdfast: more on broken, cut: holdfast log 12\n"));
  for (TestReport& test : report.tests) test.outcome = Outcome::failed;
  EXPECT_FALSE(has("holdfast log"));
}

TEST(Summary, HowARunWithRetriesUsedThemIsALine) {
  SampleJournal sample;
  sample.run_started().attempt("a", Outcome::passed).run_ended();
  RunReport report = sample.report();
  report.run.retries = "a: 1 of 3\n";
  EXPECT_NE(render_summary(report).find("\nholdfast: retries: a: 1 of 3\\n\n"), std::string::npos)
      << render_summary(report);
}

}  // namespace
}  // namespace holdfast
