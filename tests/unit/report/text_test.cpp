
#include "report/rendered.hpp"
#include "report/sample_journal.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace holdfast {
namespace {

// docs/reference/reports.md shows parts of this.
const char* const k_expected = R"(Run 20261120-084053-1234 of /home/a/build
1970-01-01 00:16:40 UTC, 1 min 0 s, ctest -j8

14 planned, 12 run, 2 not run: 5 passed, 1 failed, 2 crashed, 1 timed out, 1 skipped, 1 lock timeout, 1 interrupted; 1 flaky; 1 left processes behind
11 through Holdfast, 3 not
1 min 0 s on 8 slots; longest chain 1 min 1 s (slow → leaky); waits: locks 4.20 s; timed out: 1 min 1 s

Failed
  red  exit code 3 after 0.05 s

Crashed
  dead   signal 11 (SIGSEGV) after 0.05 s
  twice  signal 6 (SIGABRT) after 0.05 s; attempt 2

Timed out
  slow  signal 9 (SIGKILL) after 1 min 1 s

Lock timeout
  waiter  exit code 0 after 0.05 s

Interrupted
  cut  started and never ended

Last output of red
  | expected 1
  | got 2

Flaky
  wobbly  exit code 0 after 0.05 s; attempt 2
    attempt 1: exit code 1 after 0.05 s

Left processes behind
  leaky  sleep

Not run
  gone  Unable to find executable: /x
  off   disabled

Not through Holdfast
  alone  passed; HOLDFAST_ENABLED is OFF

Skipped
  later  exit code 77 after 0.05 s; skipped by its SKIP_REGULAR_EXPRESSION

Waited for locks
  leaky  4.20 s  db@project

Slowest
  slow   1 min 1 s
  ok     0.05 s
  leaky  0.05 s
  red    0.05 s
  dead   0.05 s
)";

TEST(TextReport, ItIsShortAndSaysEverythingThatMatters) {
  EXPECT_EQ(text_of_report(full_journal().report(), Format::text, {{"red", "expected 1\ngot 2\n"}}),
            k_expected);
}

TEST(TextReport, AnIncompleteRunIsSaidFirst) {
  const std::string text = text_of_report(
      SampleJournal().run_started().attempt("a", Outcome::passed).report(), Format::text);
  EXPECT_NE(text.find("\nINCOMPLETE: "), std::string::npos);
  EXPECT_NE(text.find("INCOMPLETE"), text.find("planned"));
}

TEST(TextReport, TheLongestWaitsForLocksComeFirst) {
  SampleJournal sample;
  for (int i = 1; i <= 7; ++i) {
    sample.attempt("t" + std::to_string(i), Outcome::passed)
        .change_last_attempt([&](AttemptEnded& ended) { ended.lock_wait_s = i; });
  }
  const std::string text = text_of_report(sample.report(), Format::text);
  const std::size_t begin = text.find("\nWaited for locks\n");
  ASSERT_NE(begin, std::string::npos) << text;
  EXPECT_TRUE(
      text.substr(begin).starts_with("\nWaited for locks\n"
                                     "  t7  7.00 s  db@project\n"
                                     "  t6  6.00 s  db@project\n"))
      << text;
  EXPECT_NE(text.find("  t3  3.00 s  db@project\n  and 2 more\n"), std::string::npos) << text;
}

TEST(TextReport, OnlyTheEndOfALongOutputIsShown) {
  SampleJournal sample;
  sample.attempt("a", Outcome::failed, 1);
  std::string output;
  for (int i = 1; i <= 30; ++i) output += "line " + std::to_string(i) + "\n";
  const std::string text = text_of_report(sample.report(), Format::text, {{"a", output}});
  EXPECT_NE(text.find("  | ...\n  | line 21\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  | line 30\n"), std::string::npos);
  EXPECT_EQ(text.find("line 20\n"), std::string::npos);
}

TEST(TextReport, ALongLineIsCutBetweenCharacters) {
  SampleJournal sample;
  sample.attempt("a", Outcome::failed, 1);
  const std::string start(499, 'x');
  const std::string text =
      text_of_report(sample.report(), Format::text, {{"a", start + "\u00e9 and more\n"}});
  EXPECT_NE(text.find("  | " + start + "\n"), std::string::npos) << text;
}

TEST(TextReport, IgnoredLinesOfTheJournalAreTold) {
  RunReport report = full_journal().report();
  report.flaws = 2;
  report.complaints = {{4, "not a JSON object"}};
  EXPECT_NE(
      text_of_report(report, Format::text)
          .find("2 lines of the journal ignored, wholly or partly (line 4: not a JSON object)"),
      std::string::npos);
}

TEST(TextReport, AnyJournalHasATextReport) {
  for (unsigned seed = 0; seed < 500; ++seed)
    EXPECT_FALSE(text_of_report(random_journal(seed).report(), Format::text).empty());
  RunReport odd = full_journal().report();
  odd.run.started = -1e300;
  odd.run.ended = 1e300;
  EXPECT_FALSE(text_of_report(odd, Format::text).empty());
}

// A run of one test, which failed twice.
std::string text_with(const std::function<void(RunReport&)>& change,
                      std::map<std::string, std::string> outputs = {}) {
  SampleJournal sample;
  sample.run_started();
  for (int i = 0; i < 2; ++i) {
    sample.attempt("a", Outcome::failed, 1).change_last_attempt([&](AttemptEnded& ended) {
      ended.log = std::to_string(i) + ".log";
    });
  }
  RunReport report = sample.run_ended().report();
  change(report);
  return text_of_report(report, Format::text, std::move(outputs));
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(TextReport, WhyATestWasTriedAgainStandsWithItsAttempts) {
  const std::string text =
      text_with([](RunReport& report) { report.tests[0].attempts[0].retry = "tried again"; });
  EXPECT_TRUE(has(text, "\nTried again\n")) << text;
  EXPECT_TRUE(has(text,
                  "\n    attempt 1: exit code 1 after 0.05 s; tried again\n      0.log\n"
                  "    attempt 2: exit code 1 after 0.05 s\n      1.log\n"))
      << text;
  EXPECT_FALSE(has(text_with([](RunReport&) {}), "Tried again"));
}

TEST(TextReport, OfAFlakyTestOnlyTheAttemptsThatFailedAreTold) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed).attempt("a", Outcome::failed, 1);
  const std::string text =
      text_of_report(sample.attempt("a", Outcome::passed).report(), Format::text);
  EXPECT_FALSE(has(text, "attempt 1: ")) << text;
  EXPECT_TRUE(has(text, "\n    attempt 2: exit code 1 after 0.05 s\n")) << text;
}

TEST(TextReport, AProbeThatFailedSaysThatNothingIsKnown) {
  const std::string text = text_with([](RunReport& report) {
    report.tests[0].attempts[1].forensics = {{"git", false, "clean"}, {"disk", true, "no answer"}};
  });
  EXPECT_TRUE(has(text, "\nAround a\n  git       clean\n  disk      not known: no answer\n"))
      << text;
}

TEST(TextReport, TheWordsOfARedCaseStandWithTheCase) {
  const std::map<std::string, std::string> outputs{{"a", "/s/a.cpp:7: Failure\nExpected: x\n"}};
  const std::string words = "\n      /s/a.cpp:7: Expected: x\n";
  EXPECT_TRUE(has(text_with([](RunReport&) {}, outputs), words));
  const auto with_case = [](RunReport& report) {
    report.tests[0].cases = {{"case", Outcome::failed, 1}};
  };
  EXPECT_FALSE(has(text_with(with_case, outputs), words));
}

TEST(TextReport, AWholeOutputIsWhereItCanBeRead) {
  const auto with_place = [](RunReport& report) {
    report.tests[0].output_place = OutputPlace{"/b/LastTest.log", 0, 7};
  };
  EXPECT_TRUE(has(text_with(with_place, {{"a", "printed"}}),
                  "\nWhole outputs\n  /b/LastTest.log\n    a\n"));
  EXPECT_TRUE(has(text_with(with_place), "\nWhole outputs\n  1.log\n    a\n"));
}

TEST(TextReport, OfAServiceThatPrintedMuchBothEndsAreShown) {
  std::string much;
  for (int i = 1; i <= 25; ++i) much += std::to_string(i) + "\n";
  const auto with_services = [](RunReport& report) {
    report.tests[0].attempts[1].service_outputs = {{"db", 0, 1, "/db.log"},
                                                   {"silent", 0, 1, "/s.log"}};
  };
  const std::string text = text_with(with_services, {{"db", much}});
  EXPECT_TRUE(has(text, "\nOutput of service db, generation 1, while a ran\n  | 1\n")) << text;
  EXPECT_TRUE(has(text, "\n  | 10\n  | [... 5 lines left out ...]\n  | 16\n")) << text;
  EXPECT_FALSE(has(text, "service silent")) << text;
}

TEST(TextReport, OfSeveralAttemptsTheOneCountsThatTookMost) {
  const std::string text = text_with([](RunReport& report) {
    Attempt& first = report.tests[0].attempts[0];
    first.lock_wait_s = 5;
    first.max_rss_kb = 3 << 20;
    report.tests[0].attempts[1].lock_wait_s = 1;
    report.tests[0].attempts[1].max_rss_kb = 1 << 20;
  });
  EXPECT_TRUE(has(text, "\nWaited for locks\n  a  5.00 s")) << text;
  EXPECT_TRUE(has(text, "\nMost memory\n  a  3")) << text;
}

TEST(TextReport, OneTestIsNotTheSlowest) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed);
  EXPECT_FALSE(has(text_of_report(sample.report(), Format::text), "Slowest"));
  sample.attempt("b", Outcome::passed);
  EXPECT_TRUE(has(text_of_report(sample.report(), Format::text), "\nSlowest\n"));
}

TEST(TextReport, ANameThatIsTooWideForItsColumnHasALineOfItsOwn) {
  const std::string wide(200, 'w');
  SampleJournal sample;
  sample.run_started()
      .attempt("a", Outcome::failed, 1)
      .attempt(wide, Outcome::failed, 1)
      .run_ended();
  const std::string text = text_of_report(sample.report(), Format::text);
  EXPECT_NE(text.find("\n  a  exit code 1"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  " + wide + "\n"), std::string::npos) << text;
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t number = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++number;
  return number;
}

TEST(TextReport, OfManyTestsTheFirstAreToldAndTheOthersCounted) {
  SampleJournal sample;
  std::map<std::string, std::string> outputs;
  for (int i = 0; i < 60; ++i) {
    const std::string name = "t" + std::to_string(i);
    sample.attempt(name, Outcome::failed, 1).change_last_attempt([&](AttemptEnded& ended) {
      ended.log = name + ".log";
      ended.forensics = {{"git", false, "clean"}};
    });
    outputs[name] = "printed\n";
  }
  RunReport report = sample.report();
  for (TestReport& test : report.tests)
    test.attempts[0].service_outputs = {{"db", 0, 1, "/db.log"}};
  const std::string text = text_of_report(report, Format::text, std::move(outputs));
  EXPECT_TRUE(has(text, "\n  t49  exit code 1 after 0.05 s\n  and 10 more\n")) << text;
  EXPECT_EQ(times(text, "\nLast output of t"), 5U);
  EXPECT_EQ(times(text, "\nAround t"), 5U);
  EXPECT_EQ(times(text, ".log\n"), 50U);
}

// Five tests are told, but only those count that printed something.
TEST(TextReport, OfTestsThatPrintedNothingTheNextOnesAreTold) {
  SampleJournal sample;
  for (int i = 0; i < 8; ++i) sample.attempt("t" + std::to_string(i), Outcome::failed, 1);
  const std::string text =
      text_of_report(sample.report(), Format::text, {{"t1", "one\n"}, {"t7", "seven\n"}});
  EXPECT_TRUE(has(text, "\nLast output of t1\n  | one\n")) << text;
  EXPECT_TRUE(has(text, "\nLast output of t7\n  | seven\n")) << text;
}

}  // namespace
}  // namespace holdfast
