#include "watch/watch_state.hpp"

#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

constexpr Screen k_screen{60, 24, Colour::none};

AttemptStarted begun(const std::string& test, const std::string& attempt, double at,
                     std::int64_t n = 1) {
  AttemptStarted record;
  record.at = at;
  record.test = record.key = test;
  record.attempt = attempt;
  record.n = n;
  record.launcher = {77, 1};
  return record;
}

AttemptEnded ended(const std::string& test, const std::string& attempt, Outcome outcome,
                   int exit_code, std::int64_t n = 1) {
  AttemptEnded record;
  record.at = 5;
  record.test = record.key = test;
  record.attempt = attempt;
  record.outcome = outcome;
  record.exit_code = exit_code;
  record.wall_s = 2;
  record.n = n;
  return record;
}

LoggedEnd logged(const std::string& test, std::uint32_t index, Verdict result,
                 const std::string& headline = "") {
  LoggedEnd end;
  end.entry.name = test;
  end.entry.index = index;
  end.entry.started = end.entry.launched = true;
  end.entry.result = result;
  end.entry.total = 3;
  end.headline = headline;
  return end;
}

ServiceRecord service(const std::string& event, std::int64_t instance = 0) {
  ServiceRecord record;
  record.at = 4;
  record.event = event;
  record.service = "db";
  record.instance = instance;
  record.generation = 2;
  return record;
}

class WatchTest : public testing::Test {
 protected:
  void SetUp() override {
    RunStarted run;
    run.at = 1;
    run.run = "12-x";
    run.tree = "/tree";
    run.command = {"ctest", "-j2"};
    state_.take(run, 0);
  }

  // All lines for people since the last call.
  std::string lines(Lines which = Lines::all, Colour colour = Colour::none) {
    std::string text;
    for (const WatchEvent& event : state_.take_events()) {
      text += event_line(event, state_.counts(), which, colour);
    }
    return text;
  }

  std::string json() {
    std::string text;
    for (const WatchEvent& event : state_.take_events()) {
      text += event_json(event, state_.counts(), 1.5);
    }
    return text;
  }

  WatchState state_;
};

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

TEST_F(WatchTest, AWaitThatTheKeeperKnowsHasItsReason) {
  state_.take(begun("a", "r.1", 2), 0);
  state_.take_events();
  const wire::LiveWait asks{"r.1",
                            {wire::WaitFor::lock, "db@cluster", "etcd has not answered yet"}};
  const wire::LiveWait lock{"r.1", {wire::WaitFor::lock, "db@cluster", "held by \"b\""}};
  const wire::LiveWait step{"r.1", {wire::WaitFor::step, "slurm"}};
  state_.set_wait("r.1", wait_of("r.1", 7, {}, {asks}), 2);
  EXPECT_EQ(lines(), "\"a\" waits for lock db@cluster: etcd has not answered yet\n");
  state_.set_wait("r.1", wait_of("r.1", 7, {}, {lock}), 3);
  state_.set_wait("r.1", wait_of("r.1", 7, {}, {lock}), 3);  // nothing new
  state_.set_wait("r.1", wait_of("r.1", 7, {}, {step}), 4);
  state_.set_wait("r.1", wait_of("r.2", 7, {}, {step}), 5);
  const auto events = state_.take_events();
  std::string text;
  for (const WatchEvent& event : events) text += event_line(event, {}, Lines::all, Colour::none);
  EXPECT_EQ(text,
            "\"a\" waits for lock db@cluster: held by \"b\"\n"
            "\"a\" waits for its step on Slurm\n"
            "\"a\" waits no longer\n");
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(
      event_json(events[0], {}, {}),
      R"({"v":1,"event":"waits","at":3.0,"test":"a","attempt":"r.1","lock":"db@cluster","holder":null,"why":"held by \"b\""})"
      "\n");
  EXPECT_EQ(
      event_json(events[1], {}, {}),
      R"({"v":1,"event":"waits","at":4.0,"test":"a","attempt":"r.1","lock":null,"holder":null,"step":"slurm"})"
      "\n");
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

TEST_F(WatchTest, TheBlockSaysWhoRunsWhoWaitsAndHowMuchIsLeft) {
  state_.take(ended("z", "r.0", Outcome::failed, 1), 0);
  state_.take(logged("z", 1, Verdict::failed), 1);
  state_.take(begun("a", "r.1", 2), 0);
  state_.take(begun("b", "r.2", 10), 0);
  state_.set_wait("r.2", {.of = {wire::WaitFor::lock, "db@project"}, .holder = "a"}, 3);
  ServiceRecord service;
  service.event = "started";
  service.service = "db";
  state_.take(service, 1);
  EXPECT_EQ(progress_block(state_, 12, 95, k_screen),
            "run 12-x of /tree for 11.0 s\n"
            "[======             ] 1 of 3: 1 failed, about 1 min 35 s le\n"
            "  a  10.0 s\n"
            "  b  2.00 s  waits for lock db@project, held by \"a\"\n"
            "  services: db starting\n");
  service.event = "ready";
  state_.take(service, 1);
  const std::string red = progress_block(state_, 12, std::nullopt, {80, 24, Colour::ansi});
  EXPECT_NE(red.find("\x1b[31m[========                  ] 1 of 3: 1 failed\x1b[0m\n"),
            std::string::npos)
      << red;
}

TEST_F(WatchTest, TheBlockFitsTheWindow) {
  for (int i = 0; i < 50; ++i) {
    state_.take(begun("test \xC3\xBC number " + std::to_string(i), "r." + std::to_string(i), 2), 0);
  }
  for (const std::size_t width : {4U, 20U, 33U, 500U}) {
    for (const std::size_t height : {3U, 8U, 100U}) {
      const std::string block = progress_block(state_, 12, 5, {width, height, Colour::none});
      std::size_t count = 0;
      for (std::size_t at = 0, end = 0; (end = block.find('\n', at)) != std::string::npos;
           at = end + 1, ++count) {
        EXPECT_EQ(cut_to(block.substr(at, end - at), width - 1), block.substr(at, end - at));
      }
      EXPECT_LT(count, height);
    }
  }
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

TEST_F(WatchTest, AsJsonEachEventIsAnObject) {
  state_.take(begun("a", "r.1", 2), 0);
  state_.set_wait("r.1", {.of = {wire::WaitFor::lock, "db@project"}, .holder = "b"}, 3);
  state_.take(ended("a", "r.1", Outcome::failed, 3), 1);
  state_.take(logged("a", 1, Verdict::failed, "x:3: bad"), 1);
  state_.take(RunEnded{9, "12-x", true}, 2);
  EXPECT_EQ(
      json(),
      R"({"v":1,"event":"run","at":1.0,"run":"12-x","tree":"/tree","command":["ctest","-j2"]})"
      "\n"
      R"({"v":1,"event":"started","at":2.0,"test":"a","attempt":"r.1","n":1})"
      "\n"
      R"({"v":1,"event":"waits","at":3.0,"test":"a","attempt":"r.1","lock":"db@project","holder":"b"})"
      "\n"
      R"({"v":1,"event":"ended","at":5.0,"test":"a","attempt":"r.1","n":1,"outcome":"failed","went_wrong":true,)"
      R"("exit_code":3,"wall_s":2.0,"headline":"x:3: bad","done":1,"total":3,"left_s":1.5})"
      "\n"
      R"({"v":1,"event":"end","at":9.0,"complete":true,"done":1,"total":3,"counts":{"failed":1}})"
      "\n");
  EXPECT_EQ(waiting_json("/t"), "{\"v\":1,\"event\":\"waiting\",\"tree\":\"/t\"}\n");
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

TEST_F(WatchTest, OfATestWithoutHoldfastNoTimeIsKnown) {
  LoggedEnd bare = logged("a", 1, Verdict::passed);
  bare.entry.launched = false;
  state_.take(bare, 1);
  EXPECT_EQ(
      event_json(state_.take_events().back(), {}, {}),
      R"({"v":1,"event":"ended","at":null,"test":"a","outcome":"passed","went_wrong":false,"bare":true,)"
      R"("done":1,"total":3,"left_s":null})"
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

TEST_F(WatchTest, OfManyRunningTestsTheOthersAreCounted) {
  for (int i = 0; i < 12; ++i) {
    state_.take(begun("t" + std::to_string(i), "r." + std::to_string(i), 10), 0);
  }
  const std::string block = progress_block(state_, 12, {}, {80, 24, Colour::none});
  EXPECT_TRUE(block.ends_with("\n  t9  2.00 s\n  and 2 more\n")) << block;
  const std::string low = progress_block(state_, 12, {}, {80, 8, Colour::none});
  EXPECT_TRUE(low.ends_with("\n  t2  2.00 s\n  and 9 more\n")) << low;
}

TEST(Waits, OfACommandThatATestStartsAreNotThoseOfTheTest) {
  os::SurveyedLock lock;
  lock.scope = LockScope::project;
  lock.name = "db";
  LockParty holder;
  holder.test = "h";
  LockParty waiter;
  waiter.attempt = "r.1";
  waiter.process = {7, 1};
  lock.holders = {holder};
  lock.waiters = {waiter};
  const TestWait wait = wait_of("r.1", 7, {lock}, {});
  EXPECT_EQ(wait.names_of(wire::WaitFor::lock), "db@project");
  EXPECT_EQ(wait.holder, "h");
  EXPECT_FALSE(wait_of("r.1", 8, {lock}, {}).is_any());
  EXPECT_FALSE(wait_of("r.2", 7, {lock}, {}).is_any());
}

TEST(Waits, ALockMayBeFreeByNow) {
  os::SurveyedLock lock;
  lock.scope = LockScope::project;
  lock.name = "db";
  LockParty waiter;
  waiter.attempt = "r.1";
  waiter.process = {7, 1};
  lock.waiters = {waiter};
  const TestWait wait = wait_of("r.1", 7, {lock}, {});
  EXPECT_EQ(wait.names_of(wire::WaitFor::lock), "db@project");
  EXPECT_EQ(wait.holder, "");
}

TEST(Waits, OnlyTheReasonForAWaitForALockIsNews) {
  const auto wait = [](wire::WaitFor what, const std::string& why) {
    return TestWait{.of = {what, "db", why}};
  };
  using wire::WaitFor;
  EXPECT_TRUE(wait(WaitFor::services, "1 s").is_as(wait(WaitFor::services, "2 s")));
  EXPECT_FALSE(wait(WaitFor::lock, "one").is_as(wait(WaitFor::lock, "two")));
  EXPECT_FALSE(wait(WaitFor::services, "1 s").is_as(wait(WaitFor::lock, "1 s")));
}

TEST_F(WatchTest, ATestThatHasEndedWaitsForNothing) {
  lines();
  state_.set_wait("r.9", {.of = {wire::WaitFor::lock, "db@project"}}, 3);
  EXPECT_EQ(lines(), "");
}

TEST_F(WatchTest, AWaitIsNoLineOnATerminal) {
  state_.take(begun("a", "r.1", 2), 0);
  state_.set_wait("r.1", {.of = {wire::WaitFor::lock, "db@project"}}, 3);
  EXPECT_EQ(lines(Lines::only_trouble), "");
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

TEST_F(WatchTest, WhileNobodyKnowsHowManyTestsThereAreTheTotalIsNull) {
  state_.take(ended("a", "r.1", Outcome::passed, 0), 1);
  state_.settle(2);
  EXPECT_NE(json().find(R"("done":1,"total":null,)"), std::string::npos);
}

TEST_F(WatchTest, ATestThatIsSkippedByItsExitCodeAndRedByItsOutputIsRed) {
  AttemptEnded skipped = ended("a", "r.1", Outcome::skipped, 77);
  skipped.verdict = Verdict::skipped;
  state_.take(skipped, 1);
  state_.take(logged("a", 1, Verdict::failed), 1);
  EXPECT_TRUE(state_.take_events().back().went_wrong);
}

TEST_F(WatchTest, ANarrowWindowHasNoBar) {
  state_.take(logged("a", 1, Verdict::passed), 1);
  const std::string block = progress_block(state_, 12, {}, {8, 24, Colour::none});
  EXPECT_NE(block.find("\n1 of 3:\n"), std::string::npos) << block;
}

TEST(WatchBlock, OfARunWhoseBeginIsNotKnownHasNoTime) {
  const std::string block = progress_block(WatchState(), 12, {}, k_screen);
  EXPECT_EQ(block.find(" for "), std::string::npos) << block;
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

TEST(Waits, TheRecordsOfTheLocksComeBeforeWhatTheKeeperSays) {
  os::SurveyedLock lock;
  lock.scope = LockScope::user;
  lock.name = "db";
  LockParty waiter;
  waiter.attempt = "r.1";
  waiter.process = {7, 1};
  lock.waiters = {waiter};
  const std::vector<wire::LiveWait> waits = {{"r.2", {wire::WaitFor::step, "slurm"}},
                                             {"r.1", {wire::WaitFor::services, "web", "starting"}}};
  EXPECT_EQ(wait_of("r.1", 7, {lock}, waits).names_of(wire::WaitFor::lock), "db@user");
  const TestWait wait = wait_of("r.1", 7, {}, waits);
  EXPECT_EQ(wait.names_of(wire::WaitFor::services), "web");
  EXPECT_EQ(wait.of.why, "starting");
  EXPECT_EQ(wait.holder, "");
}

TEST_F(WatchTest, AsJsonAWaitForServicesHasTheirNamesAndTheReason) {
  state_.take(begun("a", "r.1", 2), 0);
  state_.set_wait("r.1", {.of = {wire::WaitFor::services, "web", "starting"}}, 3);
  EXPECT_EQ(
      event_json(state_.take_events().back(), {}, {}),
      R"({"v":1,"event":"waits","at":3.0,"test":"a","attempt":"r.1","lock":null,"holder":null,"services":"web","why":"starting"})"
      "\n");
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
  EXPECT_EQ(state_.take_events().back().outcome, Outcome::unknown);
  state_.take(judged, 3);
  state_.settle(4);
  EXPECT_TRUE(state_.take_events().back().went_wrong);
  state_.take(ended("b", "r.2", Outcome::interrupted, 0), 5);
  state_.settle(6);
  EXPECT_TRUE(state_.take_events().back().went_wrong) << "ctest has no word for it";
}

TEST_F(WatchTest, WhileNobodyKnowsHowManyTestsThereAreTheBlockSaysHowManyAreDone) {
  EXPECT_NE(progress_block(state_, 12, {}, k_screen).find("\n0 done\n"), std::string::npos);
  state_.take(ended("a", "r.1", Outcome::passed, 0), 1);
  state_.settle(2);
  const std::string block = progress_block(state_, 12, {}, k_screen);
  EXPECT_NE(block.find("\n1 done: 1 passed\n"), std::string::npos) << block;
}

TEST_F(WatchTest, ServicesAreInTheOrderOfTheirNames) {
  for (const char* name : {"web", "db", "mail", "auth"}) {
    ServiceRecord started = service("started");
    started.service = name;
    state_.take(started, 1);
  }
  const std::string block = progress_block(state_, 12, {}, {80, 24, Colour::none});
  EXPECT_NE(block.find("  services: auth starting, db starting, mail starting and 1 more\n"),
            std::string::npos)
      << block;
}

TEST_F(WatchTest, AsJsonThereIsNoMoreThanIsKnown) {
  state_.take(begun("a", "r.1", 2, 3), 0);
  state_.set_wait("r.1", {.of = {wire::WaitFor::lock, "db@project"}}, 3);
  state_.set_wait("r.1", {}, 4);
  state_.take(service("started", 1), 5);
  const auto events = state_.take_events();
  ASSERT_EQ(events.size(), 5U);
  EXPECT_EQ(event_json(events[1], {}, {}),
            R"({"v":1,"event":"started","at":2.0,"test":"a","attempt":"r.1","n":3})"
            "\n");
  EXPECT_EQ(
      event_json(events[3], {}, {}),
      R"({"v":1,"event":"waits","at":4.0,"test":"a","attempt":"r.1","lock":null,"holder":null})"
      "\n");
  EXPECT_EQ(
      event_json(events[4], {}, {}),
      R"({"v":1,"event":"service","at":4.0,"service":"db","instance":1,"generation":2,"what":"started"})"
      "\n");
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
