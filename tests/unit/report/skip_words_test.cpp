#include "report/describe.hpp"
#include "report/quoted/reasons.hpp"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

TEST(SkipWords, TheyAreThoseOfTheSkipElseTheLastLine) {
  const struct {
    const char* output;
    const char* words;
  } rows[] = {
      {"", ""},
      {"\n  \n", ""},
      {"begins\nno network here\n\n", "no network here"},
      {"no network here\r\nholdfast: 3 cases: 3 skipped\n", "no network here"},
      {"[ RUN      ] A.b\n/s/a.cpp:12: Skipped\nno GPU\nat all\n\n[  SKIPPED ] A.b (0 ms)\nthe "
       "end\n",
       "/s/a.cpp:12: no GPU; at all"},
      {"/s/a.cpp:12: Skipped\n\n[  SKIPPED ] A.b (0 ms)\n", "/s/a.cpp:12: skipped"},
      {"/s/a.cpp:9: SKIPPED:\nexplicitly with message:\n  no GPU\n\n====\nall skipped\n",
       "/s/a.cpp:9: no GPU"},
      {"/s/a.cpp:9: SKIPPED:\n====\nall skipped\n", "/s/a.cpp:9: skipped"},
      {"/s/a.cpp:9: Skipped", "/s/a.cpp:9: skipped"},
      // Of a global environment.
      {"/s/a.cpp:9: Skipped\nno board\nno board\n[----------] Global test environment tear-down\n",
       "/s/a.cpp:9: no board"},
      {"collected 0 items\n\n==== no tests ran in 0.01s ====\n", "==== no tests ran in 0.01s ===="},
  };
  for (const auto& row : rows) EXPECT_EQ(skip_words(row.output), row.words) << row.output;
}

TEST(SkipWords, AReasonIsOneLineAndSaysByWhatCtestSkippedTheTest) {
  TestReport test;
  test.outcome = Outcome::skipped;
  test.verdict = Verdict::skipped;
  Attempt& attempt = test.attempts.emplace_back();
  attempt.has_ended = true;
  attempt.outcome = Outcome::skipped;
  attempt.exit_code = 77;
  attempt.wall_s = 0.05;
  EXPECT_EQ(skip_reason(test, "no\x1b[1m net\n"),
            "exit code 77 after 0.05 s; skipped by its SKIP_RETURN_CODE; no\\x1b[1m net");
  attempt.outcome = Outcome::passed;
  attempt.exit_code = 0;
  EXPECT_EQ(skip_reason(test, ""),
            "exit code 0 after 0.05 s; skipped by its SKIP_REGULAR_EXPRESSION");
}

TEST(SkipWords, AFailureHasTheWordsOfItsOutputBelow) {
  EXPECT_EQ(with_words_of_failure("exit code 1", "/s/a.cpp:7: Failure\nExpected: x\n"),
            "exit code 1\n      /s/a.cpp:7: Expected: x");
  EXPECT_EQ(with_words_of_failure("exit code 1", "whatever\n"), "exit code 1");
}

// A test with one attempt that exited with `code`, and what ctest made of it.
TestReport exited(int code, Outcome own, Outcome outcome, Verdict verdict) {
  TestReport test;
  test.outcome = outcome;
  test.verdict = verdict;
  Attempt& attempt = test.attempts.emplace_back();
  attempt.has_ended = true;
  attempt.outcome = own;
  attempt.exit_code = code;
  attempt.wall_s = 0.05;
  return test;
}

TEST(Reason, ItNamesCtestWhereThatDecided) {
  const std::string by_rules = " by ctest's rules for it (WILL_FAIL or a regular expression)";
  EXPECT_EQ(reason(exited(0, Outcome::passed, Outcome::failed, Verdict::failed)),
            "exit code 0 after 0.05 s; failed" + by_rules);
  EXPECT_EQ(reason(exited(3, Outcome::failed, Outcome::passed, Verdict::passed)),
            "exit code 3 after 0.05 s; passed" + by_rules);
  EXPECT_EQ(reason(exited(3, Outcome::failed, Outcome::failed, Verdict::failed)),
            "exit code 3 after 0.05 s");
  TestReport test = exited(0, Outcome::passed, Outcome::unknown, Verdict::unknown);
  test.is_doubtful = true;
  EXPECT_EQ(reason(test),
            "exit code 0 after 0.05 s; its entry in ctest's log cannot be told from what a test "
            "printed");
  test.shard_name = "linux";
  test.attempts[0].has_ended = false;
  EXPECT_EQ(reason(test), "its end could not be recorded; in linux");
}

TEST(Reason, WithoutAnAttemptItSaysWhatIsKnown) {
  TestReport test;
  test.outcome = Outcome::unknown;
  EXPECT_EQ(reason(test), "no record of its end");
  test.index = 7;
  EXPECT_EQ(reason(test), "passed, or skipped by its exit code");
  test.why = "no launcher";
  EXPECT_EQ(reason(test), "no launcher; passed, or skipped by its exit code");
  test.outcome = Outcome::not_run;
  EXPECT_EQ(reason(test), "no launcher");
  test.why.clear();
  EXPECT_EQ(reason(test), "ctest did not start it");
  test.verdict = Verdict::disabled;
  EXPECT_EQ(reason(test), "disabled");
}

TEST(Reason, AnEntryThatCameTwiceIsSaidToBeInDoubtForThat) {
  TestReport test = exited(0, Outcome::passed, Outcome::unknown, Verdict::unknown);
  test.is_doubtful = test.came_twice = true;
  EXPECT_EQ(reason(test),
            "exit code 0 after 0.05 s; its entry came twice in ctest's log, and a test may have "
            "printed one of them");
  test.is_doubtful = test.came_twice = false;
  EXPECT_EQ(reason(test),
            "exit code 0 after 0.05 s; its output decides, and what ctest found there is not on "
            "record");
}

TEST(Reason, WhatElseIsKnownOfTheLastAttemptFollows) {
  TestReport test = exited(3, Outcome::failed, Outcome::failed, Verdict::failed);
  test.attempts.insert(test.attempts.begin(), test.attempts.front());
  test.attempts.front().note = "of the first";
  test.attempts.back().marker = "no server";
  test.attempts.back().note = "of the last";
  test.stale = true;
  test.stale_why = "rebuilt";
  EXPECT_EQ(reason(test),
            "exit code 3 after 0.05 s; exited on purpose: no server; of the last; rebuilt; attempt "
            "2");
}

TEST(Reason, ACaseOfWhichNothingIsKnownHasNoOutcomeOfItsOwn) {
  const TestReport one = as_test(TestReport(), {{"case", Outcome::unknown, 1}});
  ASSERT_EQ(one.attempts.size(), 1U);
  EXPECT_FALSE(one.attempts[0].outcome);
}

TEST(Reason, AMarkerNeedNotSayWhy) {
  TestReport test;
  test.outcome = Outcome::deliberate_exit;
  Attempt& attempt = test.attempts.emplace_back();
  attempt.has_ended = true;
  attempt.outcome = Outcome::deliberate_exit;
  attempt.exit_code = 1;
  attempt.marker = "";
  EXPECT_TRUE(reason(test).ends_with("; exited on purpose")) << reason(test);
  attempt.marker = "no board";
  EXPECT_TRUE(reason(test).ends_with("; exited on purpose: no board")) << reason(test);
}

TEST(CommandText, OfManyArgumentsTheFirstAreShown) {
  EXPECT_EQ(command_text({"ctest", "a b"}), "ctest a b");
  EXPECT_EQ(command_text(std::vector<std::string>(13, "x")), "x x x x x x x x x x x x ...");
  EXPECT_EQ(command_text(std::vector<std::string>(12, "x")), "x x x x x x x x x x x x");
}

}  // namespace
}  // namespace holdfast
