#include "cleanup/reap.hpp"

#include <gtest/gtest.h>

#include "base/process_name.hpp"
#include "values/lock_spec.hpp"

namespace holdfast {
namespace {

constexpr const char* k_tree = "/b";
// The only launchers that live.
constexpr int k_alive = 100;
constexpr int k_dead = 200;

bool lives(const ProcessName& launcher) { return launcher.pid == k_alive; }

AttemptStarted begun(const std::string& attempt, int launcher = k_dead) {
  AttemptStarted record;
  record.attempt = attempt;
  record.test = "test of " + attempt;
  record.launcher.pid = launcher;
  return record;
}

AttemptEnded ended(const std::string& attempt, Outcome outcome = Outcome::passed) {
  AttemptEnded record;
  record.attempt = attempt;
  record.test = "test of " + attempt;
  record.outcome = outcome;
  record.exit_code = 0;
  return record;
}

ReapScope scope(RunCare care, const std::vector<Record>& records, LetGo let_go = LetGo::end) {
  ReapScope scope(k_tree, let_go);
  scope.add_run("r", records, care, lives);
  return scope;
}

// An environment as in /proc/<pid>/environ.
std::string environment(const std::vector<std::string>& entries) {
  std::string text;
  for (const std::string& entry : entries) text += entry + '\0';
  return text;
}

// The attempt to which such a process belongs; empty: it is to be left alone.
std::string owner(const ReapScope& scope, const std::vector<std::string>& entries,
                  std::uint64_t number = 0) {
  const std::string text = environment(entries);
  const ReapedAttempt* found = scope.owner_of({1, number, text});
  return found != nullptr ? found->test : "";
}

TEST(ReapScope, AnAttemptIsAbandonedWhereNobodyLooksAfterItsRun) {
  const auto abandoned = [](RunCare care, int launcher) {
    return scope(care, {begun("r.1", launcher)}).find("r.1")->abandoned;
  };
  EXPECT_TRUE(abandoned(RunCare::dead, k_dead));
  EXPECT_TRUE(abandoned(RunCare::keeperless, k_dead));
  EXPECT_FALSE(abandoned(RunCare::attended, k_dead));
  for (const RunCare care : {RunCare::dead, RunCare::keeperless, RunCare::attended}) {
    EXPECT_FALSE(abandoned(care, k_alive));
  }
}

TEST(ReapScope, WhatAnEndedAttemptLeftBelongsToItsRunWhileCtestLives) {
  const std::vector<Record> records{begun("r.1"), ended("r.1"), begun("r.2")};
  const ReapScope keeperless = scope(RunCare::keeperless, records);
  EXPECT_FALSE(keeperless.find("r.1")->abandoned);
  EXPECT_TRUE(keeperless.find("r.2")->abandoned);
  EXPECT_TRUE(scope(RunCare::dead, records).find("r.1")->abandoned);
  // The record of its start was lost.
  EXPECT_EQ(scope(RunCare::keeperless, {ended("r.9")}).find("r.9"), nullptr);
}

TEST(ReapScope, SparesWhatATestWasAllowedToLeaveOnlyWhereThatIsAskedFor) {
  AttemptEnded by_signal = ended("r.1", Outcome::crashed);
  by_signal.exit_code.reset();
  by_signal.signal = 11;
  AttemptEnded nobody_knows = ended("r.1");
  nobody_knows.exit_code.reset();
  AttemptEnded leaked = ended("r.1");
  leaked.flags = {"leaked"};
  const struct {
    AttemptEnded end;
    bool is_spared;
  } rows[] = {
      {ended("r.1"), true}, {ended("r.1", Outcome::failed), true},
      {by_signal, true},    {nobody_knows, false},
      {leaked, false},      {ended("r.1", Outcome::interrupted), false},
  };
  for (const auto& row : rows) {
    const std::vector<Record> records{begun("r.1"), row.end};
    EXPECT_EQ(scope(RunCare::dead, records, LetGo::spare).find("r.1")->abandoned, !row.is_spared)
        << "row " << (&row - rows);
    EXPECT_TRUE(scope(RunCare::dead, records, LetGo::end).find("r.1")->abandoned);
  }
}

TEST(ReapScope, AProcessBelongsToTheAttemptInItsEnvironment) {
  const ReapScope one = scope(RunCare::dead, {begun("r.1"), begun("r.2", k_alive)});
  EXPECT_EQ(owner(one, {"PATH=/bin", "HOLDFAST_ATTEMPT_ID=r.1", "A=b"}), "test of r.1");
  EXPECT_EQ(owner(one, {"HOLDFAST_ATTEMPT_ID=r.2"}), "");
  EXPECT_EQ(owner(one, {"HOLDFAST_ATTEMPT_ID=q.1"}), "");
  EXPECT_EQ(owner(one, {"HOLDFAST_ATTEMPT_ID=r.1.2"}), "");
  EXPECT_EQ(owner(one, {"X_HOLDFAST_ATTEMPT_ID=r.1"}), "");
  EXPECT_EQ(owner(one, {"HOLDFAST_ATTEMPT_ID2=r.1"}), "");
  EXPECT_EQ(owner(one, {}), "");
}

TEST(ReapScope, AProcessWithAClearedEnvironmentIsKnownByItsNumber) {
  const ReapScope one = scope(RunCare::dead, {begun("r.1"), begun("r.2", k_alive)});
  EXPECT_EQ(owner(one, {"PATH=/bin"}, tag_number("r.1")), "test of r.1");
  EXPECT_EQ(owner(one, {}, tag_number("r.2")), "");
  EXPECT_EQ(owner(one, {}, tag_number("r.3")), "");
  // Another variable hides nothing.
  EXPECT_EQ(owner(one, {"HOLDFAST_ATTEMPT_ID2=q.1"}, tag_number("r.1")), "test of r.1");
  // The environment knows better: another attempt inherited the number.
  EXPECT_EQ(owner(one, {"HOLDFAST_ATTEMPT_ID=q.1"}, tag_number("r.1")), "");
}

TEST(ReapScope, AProcessInsideALivingAttemptIsThatAttempts) {
  const ReapScope one = scope(RunCare::dead, {begun("r.1"), begun("r.2", k_alive), begun("r.3")});
  const std::string place = run_place(k_tree);
  const auto held = [&](const std::string& inner, const std::string& outer) {
    return "HOLDFAST_HELD=" + place + "#" + inner + ",user/db#x," + place + "#" + outer;
  };
  EXPECT_EQ(owner(one, {held("r.1", "r.3")}), "test of r.1");
  EXPECT_EQ(owner(one, {held("r.1", "r.2")}), "");
  EXPECT_EQ(owner(one, {held("r.2", "r.1")}), "");
  EXPECT_EQ(owner(one, {"HOLDFAST_ATTEMPT_ID=r.3", held("r.1", "q.1")}), "test of r.3");
  EXPECT_EQ(owner(one, {"HOLDFAST_ATTEMPT_ID=q.1", held("q.1", "r.1")}), "test of r.1");
}

TEST(ReapScope, AnAttemptOfAnotherTreeIsNotOurs) {
  const ReapScope one = scope(RunCare::dead, {begun("r.1")});
  const std::string other = "HOLDFAST_HELD=" + run_place("/other") + "#r.1";
  EXPECT_EQ(owner(one, {other}), "");
  EXPECT_EQ(owner(one, {"HOLDFAST_ATTEMPT_ID=r.1", other}), "");
}

TEST(ReapScope, ARecordWithoutTheAttemptsNameNamesNobody) {
  EXPECT_EQ(scope(RunCare::dead, {begun(""), RunEnded{}}).find(""), nullptr);
}

TEST(ReapScope, StaysTheSameWhereItIsMoved) {
  ReapScope one = scope(RunCare::dead, {begun("r.1")});
  const ReapScope two = std::move(one);
  EXPECT_EQ(owner(two, {}, tag_number("r.1")), "test of r.1");
}

TEST(ReapScope, AServiceIsThatOfItsHost) {
  const auto service = [](const std::string& attempt, int host) {
    ServiceRecord record;
    record.event = "started";
    record.service = "db";
    record.attempt = attempt;
    record.host.pid = host;
    return record;
  };
  ServiceRecord ready;
  ready.event = "ready";
  ready.service = "db";
  const ReapScope one =
      scope(RunCare::dead, {service("r.db-1", k_dead), ready, service("r.db-2", k_alive)});
  EXPECT_EQ(owner(one, {"HOLDFAST_ATTEMPT_ID=r.db-1"}), "service db");
  EXPECT_EQ(owner(one, {"HOLDFAST_ATTEMPT_ID=r.db-2"}), "");
  EXPECT_EQ(one.find("r.db-1")->run, "r");
}

TEST(ReapScope, HasTheAttemptsOfAllRuns) {
  ReapScope both(k_tree, LetGo::end);
  both.add_run("r", {begun("r.1")}, RunCare::dead, lives);
  both.add_run("s", {begun("s.1")}, RunCare::attended, lives);
  EXPECT_EQ(owner(both, {"HOLDFAST_ATTEMPT_ID=r.1"}), "test of r.1");
  EXPECT_EQ(both.find("r.1")->run, "r");
  EXPECT_EQ(owner(both, {"HOLDFAST_ATTEMPT_ID=s.1"}), "");
  EXPECT_EQ(both.find("s.1")->run, "s");
}

}  // namespace
}  // namespace holdfast
