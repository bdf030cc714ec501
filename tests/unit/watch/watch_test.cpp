#include "watch/watched.hpp"

namespace holdfast::cli {
namespace {

TEST_F(WatchTest, EachEventIsALine) {
  state_.take(begun("a", "r.1", 2), 0);
  state_.take(begun("b", "r.2", 3), 0);
  state_.set_wait("r.2", {.of = {wire::WaitFor::lock, "db@project"}, .holder = "a"}, 3);
  state_.set_wait("r.2", {.of = {wire::WaitFor::lock, "db@project"}, .holder = "a"},
                  3);  // nothing new
  state_.set_wait("r.2", {}, 4);
  state_.take(ended("a", "r.1", Outcome::passed, 0), 1);
  state_.take(logged("a", 1, Verdict::passed), 1);
  state_.take(ended("b", "r.2", Outcome::failed, 3), 1);
  state_.take(logged("b", 2, Verdict::failed, "x.cpp:3: too bad"), 1);
  state_.take(RunEnded{9, "12-x", true}, 2);
  EXPECT_EQ(lines(),
            "run 12-x of /tree\n"
            "started \"a\"\n"
            "started \"b\"\n"
            "\"b\" waits for lock db@project, held by \"a\"\n"
            "\"b\" waits no longer\n"
            "passed \"a\" after 2.00 s (1 of 3)\n"
            "failed \"b\" exit code 3 after 2.00 s (2 of 3): x.cpp:3: too bad\n"
            "the run ended, 2 of 3: 1 passed, 1 failed\n");
  EXPECT_TRUE(state_.is_over());
}

TEST_F(WatchTest, OnATerminalOnlyTroubleIsALineAndRed) {
  state_.take(begun("a", "r.1", 2), 0);
  state_.take(ended("a", "r.1", Outcome::failed, 3), 1);
  state_.take(logged("a", 1, Verdict::failed), 1);
  EXPECT_EQ(lines(Lines::only_trouble, Colour::ansi),
            "\x1b[31mfailed \"a\" exit code 3 after 2.00 s (1 of 3)\x1b[0m\n");
}

TEST_F(WatchTest, CtestsVerdictCounts) {
  // An expression decides: the launcher alone would call it failed.
  AttemptEnded failed = ended("a", "r.1", Outcome::failed, 3);
  failed.verdict = Verdict::unknown;
  state_.take(failed, 1);
  state_.take(logged("a", 1, Verdict::passed), 1);
  // A skip by exit code has the same words in the log as a pass.
  AttemptEnded skipped = ended("b", "r.2", Outcome::skipped, 77);
  skipped.verdict = Verdict::skipped;
  state_.take(skipped, 1);
  state_.take(logged("b", 2, Verdict::passed), 1);
  lines();
  EXPECT_EQ(state_.counts().of(Outcome::passed), 1U);
  EXPECT_EQ(state_.counts().of(Outcome::skipped), 1U);
}

TEST_F(WatchTest, AnEndThatTheLogDoesNotShowIsToldAllTheSame) {
  state_.take(begun("a", "r.1", 2), 0);
  lines();
  state_.take(ended("a", "r.1", Outcome::passed, 0), 1);
  state_.settle(1.4);
  EXPECT_EQ(lines(), "");
  state_.settle(1.6);
  EXPECT_EQ(lines(), "passed \"a\" after 2.00 s (1)\n");
  // The log comes later: nothing is told twice.
  state_.take(logged("a", 1, Verdict::passed), 2);
  EXPECT_EQ(lines(), "");
  EXPECT_EQ(state_.counts().of(Outcome::passed), 1U);
}

TEST_F(WatchTest, OfATestThatIsTriedAgainTheLastAttemptCounts) {
  lines();
  state_.take(begun("a", "r.1", 2), 0);
  state_.take(ended("a", "r.1", Outcome::failed, 3), 1);
  state_.take(begun("a", "r.2", 3, 2), 1);
  state_.take(ended("a", "r.2", Outcome::passed, 0, 2), 2);
  state_.take(logged("a", 1, Verdict::passed), 2);
  EXPECT_EQ(lines(),
            "started \"a\"\n"
            "failed \"a\" exit code 3 after 2.00 s (1)\n"
            "started \"a\"\n"
            "passed \"a\" after 2.00 s; attempt 2 (1 of 3)\n");
  EXPECT_EQ(state_.counts().of(Outcome::failed), 0U);
  EXPECT_EQ(state_.done(), 1U);
}

TEST_F(WatchTest, TestsWithoutHoldfastAreKnownFromTheLog) {
  LoggedEnd bare = logged("a", 1, Verdict::failed);
  bare.entry.launched = false;
  state_.take(bare, 1);
  // HOLDFAST_ENABLED is OFF: the launcher only executes it.
  Bare record;
  record.test = "c";
  state_.take(record, 1);
  state_.take(logged("c", 3, Verdict::passed), 1);
  LoggedEnd disabled = logged("b", 2, Verdict::passed);
  disabled.entry.launched = disabled.entry.started = false;
  state_.take(disabled, 1);
  EXPECT_EQ(
      lines(),
      "run 12-x of /tree\nfailed \"a\" (1 of 3)\npassed \"c\" (2 of 3)\nnot run \"b\" (3 of 3)\n");
}

TEST_F(WatchTest, ADeadRunIsCalledSo) {
  state_.take(begun("a", "r.1", 2), 0);
  state_.take(ended("b", "r.2", Outcome::passed, 0), 1);
  state_.note_death(9);
  EXPECT_TRUE(lines().ends_with("the run died, 1: 1 passed\n"));
  EXPECT_TRUE(state_.running().empty());
}

TEST_F(WatchTest, ANameThatIsNoUtf8IsOneName) {
  state_.take(begun("\xEF\xBF\xBD", "r.1", 2), 0);
  state_.take(ended("\xEF\xBF\xBD", "r.1", Outcome::failed, 3), 1);
  state_.take(logged("\xFF", 1, Verdict::failed, "x:3: bad"), 1);
  EXPECT_NE(lines().find("(1 of 3): x:3: bad"), std::string::npos);
}

TEST_F(WatchTest, ControlCharactersOfANameDoNotReachTheTerminal) {
  state_.take(begun("a\x1b[2Jb", "r.1", 2), 0);
  EXPECT_EQ(lines().find('\x1b'), std::string::npos);
  EXPECT_EQ(progress_block(state_, 12, 5, k_screen).find('\x1b'), std::string::npos);
}

TEST_F(WatchTest, AServiceIsNamedWithItsInstanceUntilItIsReady) {
  using Services = std::unordered_map<std::string, std::string>;
  state_.take(service("started"), 1);
  state_.take(service("started", 1), 1);
  state_.take(service("ready"), 1);
  EXPECT_EQ(state_.services(), (Services{{"db.2", "starting"}}));
  state_.take(service("red_use"), 1);  // of a test, and the service is well
  EXPECT_EQ(state_.services(), (Services{{"db.2", "starting"}}));
  ServiceRecord died = service("died");
  died.why = "it ended";
  state_.take(died, 1);
  EXPECT_EQ(state_.services(), (Services{{"db", "lost"}, {"db.2", "starting"}}));
  const auto events = state_.take_events();
  std::string all;
  std::string trouble;
  for (const WatchEvent& event : events) {
    all += event_line(event, {}, Lines::all, Colour::none);
    trouble += event_line(event, {}, Lines::only_trouble, Colour::none);
  }
  EXPECT_EQ(all,
            "run 12-x of /tree\n"
            "service db started, generation 2\n"
            "service db started, generation 2\n"
            "service db ready, generation 2\n"
            "service db died, generation 2: it ended\n");
  EXPECT_EQ(trouble, "service db died, generation 2: it ended\n");
  EXPECT_EQ(
      event_json(events.back(), {}, {}),
      R"({"v":1,"event":"service","at":4.0,"service":"db","instance":0,"generation":2,"what":"died","why":"it ended"})"
      "\n");
}

TEST_F(WatchTest, AnEndByASignalIsToldAsOne) {
  AttemptEnded crashed = ended("a", "r.1", Outcome::crashed, 0);
  crashed.exit_code.reset();
  crashed.signal = 11;
  state_.take(crashed, 1);
  state_.take(logged("a", 1, Verdict::failed), 1);
  const auto events = state_.take_events();
  EXPECT_EQ(event_line(events.back(), {}, Lines::all, Colour::none),
            "crashed \"a\" signal 11 (SIGSEGV) after 2.00 s (1 of 3)\n");
  EXPECT_EQ(
      event_json(events.back(), {}, {}),
      R"({"v":1,"event":"ended","at":5.0,"test":"a","attempt":"r.1","n":1,"outcome":"crashed","went_wrong":true,)"
      R"("signal":11,"wall_s":2.0,"done":1,"total":3,"left_s":null})"
      "\n");
}

TEST_F(WatchTest, TestsOfOneNameAreToldApartByTheirKeys) {
  lines();
  AttemptEnded one = ended("a", "r.1", Outcome::failed, 3);
  one.key = "k1";
  state_.take(one, 1);
  AttemptStarted again = begun("a", "r.3", 3, 2);
  again.key = "k2";
  state_.take(again, 1);
  EXPECT_EQ(lines(), "started \"a\"\n");  // nothing is said of the other
  AttemptEnded other = ended("a", "r.3", Outcome::passed, 0, 2);
  other.key = "k2";
  state_.take(other, 1);
  state_.settle(2);
  EXPECT_EQ(state_.counts().of(Outcome::failed), 1U);
  EXPECT_EQ(state_.counts().of(Outcome::passed), 1U);
  EXPECT_EQ(state_.done(), 2U);
}

TEST_F(WatchTest, TheEndIsRedIfTheRunDiedAndNotForWhatDidNotRun) {
  state_.note_death(9);
  EXPECT_EQ(lines(Lines::only_trouble, Colour::ansi), "\x1b[31mthe run died, 0\x1b[0m\n");
  WatchState calm;
  LoggedEnd off = logged("b", 1, Verdict::passed);
  off.entry.started = off.entry.launched = false;
  calm.take(off, 1);
  calm.take(RunEnded{9, "12-x", true}, 2);
  EXPECT_EQ(event_line(calm.take_events().back(), calm.counts(), Lines::only_trouble, Colour::ansi),
            "the run ended, 1 of 3\n");
}

TEST_F(WatchTest, TheEndIsToldOnce) {
  lines();
  state_.take(RunEnded{9, "12-x", true}, 2);
  state_.take(RunEnded{10, "12-x", false}, 3);
  state_.note_death(11);
  EXPECT_EQ(lines(), "the run ended, 0\n");
}

TEST_F(WatchTest, ATestThatCtestRepeatsHasAnEndEachTime) {
  lines();
  state_.take(begun("a", "r.1", 2), 0);
  state_.take(ended("a", "r.1", Outcome::passed, 0), 1);
  state_.take(begun("a", "r.2", 3), 1);
  EXPECT_EQ(lines(), "started \"a\"\nstarted \"a\"\n");
  state_.take(logged("a", 1, Verdict::passed), 1);
  EXPECT_EQ(lines(), "passed \"a\" after 2.00 s (1 of 3)\n");
}

TEST_F(WatchTest, AnAttemptMayHaveEndedWithoutAnExitCode) {
  lines();
  AttemptEnded lost = ended("a", "r.1", Outcome::lock_timeout, 0);
  lost.exit_code.reset();
  state_.take(lost, 1);
  state_.settle(2);
  EXPECT_EQ(lines(), "lock timeout \"a\" after 2.00 s (1)\n");
}

TEST_F(WatchTest, ATestThatIsSkippedByItsExitCodeAndRedByItsOutputIsRed) {
  AttemptEnded skipped = ended("a", "r.1", Outcome::skipped, 77);
  skipped.verdict = Verdict::skipped;
  state_.take(skipped, 1);
  state_.take(logged("a", 1, Verdict::failed), 1);
  EXPECT_TRUE(state_.take_events().back().went_wrong);
}

// A run that ends without its keeper is known whole only from its report.
TEST_F(WatchTest, TheNumbersOfTheReportTakeThePlaceOfThoseThatWereSeen) {
  state_.take(ended("a", "r.1", Outcome::passed, 0), 1);
  state_.take(logged("b", 2, Verdict::failed), 1);
  lines();
  Counts counts;
  counts.planned = 7;
  counts.add(Outcome::failed);
  state_.set_counts(counts, 1.1);
  // What has ended before is told before the end.
  EXPECT_EQ(lines(), "passed \"a\" after 2.00 s (1 of 3)\n");
  EXPECT_EQ(state_.done(), 7U);
  EXPECT_EQ(state_.total(), 7U);
  state_.take(RunEnded{9, "12-x", true}, 2);
  EXPECT_EQ(lines(), "the run ended, 7 of 7: 1 failed\n");
}

TEST_F(WatchTest, WhatHasEndedIsToldWhenTheRunEndsOrDies) {
  for (const bool has_died : {false, true}) {
    WatchState state;
    state.take(ended("a", "r.1", Outcome::passed, 0), 1);
    if (has_died)
      state.note_death(1);
    else
      state.take(RunEnded{1, "12-x", true}, 1);
    std::string text;
    for (const WatchEvent& event : state.take_events())
      text += event_line(event, state.counts(), Lines::all, Colour::none);
    EXPECT_EQ(text, std::string("passed \"a\" after 2.00 s (1)\nthe run ") +
                        (has_died ? "died" : "ended") + ", 1: 1 passed\n");
  }
}

TEST_F(WatchTest, ARunThatWasCutOffIsSaidToHaveDied) {
  lines();
  state_.take(RunEnded{9, "12-x", false}, 2);
  const auto events = state_.take_events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_FALSE(events[0].complete);
  EXPECT_EQ(event_line(events[0], {}, Lines::all, Colour::none), "the run died, 0\n");
}

TEST_F(WatchTest, TheWordOfTheLogAndTheMostThatRanAreKnown) {
  LogWordRecord word;
  word.word = "0123";
  state_.take(word, 0);
  EXPECT_EQ(state_.log_word(), "0123");
  state_.take(begun("a", "r.1", 2), 0);
  state_.take(begun("b", "r.2", 2), 0);
  state_.take(ended("a", "r.1", Outcome::passed, 0), 1);
  state_.take(begun("c", "r.3", 3), 1);
  EXPECT_EQ(state_.most_running(), 2U);
  EXPECT_EQ(state_.begun(), (std::unordered_set<std::string>{"a", "b", "c"}));
  ASSERT_EQ(state_.running().size(), 2U);
  EXPECT_EQ(state_.running()[0].launcher, 77);
  EXPECT_EQ(state_.running()[0].since, 2);
}

TEST_F(WatchTest, OnlyTroubleIsRed) {
  lines();
  state_.take(ended("a", "r.1", Outcome::passed, 0), 1);
  state_.take(logged("a", 1, Verdict::passed), 1);
  const Screen screen{80, 24, Colour::ansi};
  EXPECT_EQ(progress_block(state_, 12, 5, screen).find('\x1b'), std::string::npos);
  WatchState green = state_;
  green.take(RunEnded{9, "12-x", true}, 2);
  std::string text;
  for (const WatchEvent& event : green.take_events())
    text += event_line(event, green.counts(), Lines::all, Colour::ansi);
  EXPECT_EQ(text, "passed \"a\" after 2.00 s (1 of 3)\nthe run ended, 1 of 3: 1 passed\n");
  state_.take(ended("b", "r.2", Outcome::failed, 3), 1);
  state_.take(logged("b", 2, Verdict::failed), 1);
  const std::string block = progress_block(state_, 12, 5, screen);
  EXPECT_NE(block.find("\x1b[31m"), std::string::npos) << block;
  EXPECT_EQ(block.find("\x1b[31m"), block.rfind("\x1b[31m")) << "one line of it";
  state_.take_events();
  state_.take(RunEnded{9, "12-x", true}, 2);
  EXPECT_EQ(lines(Lines::all, Colour::ansi),
            "\x1b[31mthe run ended, 2 of 3: 1 passed, 1 failed\x1b[0m\n");
}

TEST_F(WatchTest, AnExitCodeIsToldIfTheTestIsRedOrTheCodeIsNotZero) {
  lines();
  state_.take(ended("a", "r.1", Outcome::passed, 0), 1);
  state_.take(logged("a", 1, Verdict::failed), 1);  // FAIL_REGULAR_EXPRESSION
  AttemptEnded inverse = ended("b", "r.2", Outcome::failed, 3);
  inverse.verdict = Verdict::passed;  // WILL_FAIL
  state_.take(inverse, 1);
  state_.take(logged("b", 2, Verdict::passed), 1);
  EXPECT_EQ(lines(),
            "failed \"a\" exit code 0 after 2.00 s (1 of 3)\n"
            "passed \"b\" exit code 3 after 2.00 s (2 of 3)\n");
}

TEST_F(WatchTest, WhatNobodyKnowsTheVerdictOfWentWrong) {
  AttemptEnded judged = ended("a", "r.1", Outcome::passed, 0);
  judged.verdict = Verdict::unknown;  // its output decides
  state_.take(judged, 1);
  state_.settle(2);
  // ctest has no word for an interruption.
  state_.take(ended("b", "r.2", Outcome::interrupted, 0), 3);
  state_.settle(4);
  const auto events = state_.take_events();
  ASSERT_EQ(events.size(), 3U) << "the run, and both ends";
  EXPECT_EQ(events[1].kind, WatchEventKind::ended);
  EXPECT_EQ(events[1].outcome, Outcome::unknown);
  EXPECT_TRUE(events[1].went_wrong);
  EXPECT_EQ(events[2].kind, WatchEventKind::ended);
  EXPECT_TRUE(events[2].went_wrong);
}

TEST_F(WatchTest, ATestThatRunsWithoutHoldfastHasBegunAndHasItsWords) {
  lines();
  Bare record;
  record.test = "c";
  state_.take(record, 1);
  EXPECT_EQ(state_.begun().count("c"), 1U);
  state_.take(logged("c", 3, Verdict::failed, "x:3: bad"), 1);
  EXPECT_EQ(lines(), "failed \"c\" (1 of 3): x:3: bad\n");
}

// An older version's records have no keys.
TEST_F(WatchTest, WithoutKeysTestsAreToldApartByTheirNames) {
  lines();
  AttemptEnded one = ended("a", "r.1", Outcome::failed, 3);
  one.key.clear();
  state_.take(one, 1);
  AttemptStarted other = begun("b", "r.3", 3, 2);
  other.key.clear();
  state_.take(other, 1);
  EXPECT_EQ(lines(), "started \"b\"\n");
}

TEST_F(WatchTest, ANamesakeThatTheLauncherDidNotStartIsATestOfItsOwn) {
  state_.take(begun("a", "r.1", 2), 0);
  state_.take(ended("a", "r.1", Outcome::passed, 0), 1);
  state_.take(logged("a", 1, Verdict::passed), 1);
  lines();
  LoggedEnd bare = logged("a", 2, Verdict::passed);
  bare.entry.launched = false;
  state_.take(bare, 1);
  EXPECT_EQ(lines(), "passed \"a\" (2 of 3)\n");
  LoggedEnd off = logged("a", 3, Verdict::passed);
  off.entry.started = false;
  state_.take(off, 1);
  EXPECT_EQ(lines(), "not run \"a\" (3 of 3)\n");
}

}  // namespace
}  // namespace holdfast::cli
