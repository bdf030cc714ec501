#include "attempt/invocation.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include "attempt/started.hpp"

namespace holdfast::supervision {
namespace {

using namespace std::chrono_literals;

// What the launcher of a test reads when `variable` is in its environment, too.
Invocation with(const std::string& variable) {
  return Started({"--test=t", "/bin/t"}, {k_attached, variable}).invocation();
}

TEST(Invocation, ATestHasCtestsNameForItAndACommandItsProgramsName) {
  const struct {
    std::vector<std::string> words;
    std::string name;
  } rows[] = {
      {{"--test=db insert", "/b/db_test", "x"}, "db insert"},
      {{"--test=", "/b/db_test"}, ""},
      {{"--test:w0rd:a/b=db=insert", "/b/db_test"}, "db=insert"},
      {{"--test::.:2:2=db:x", "/b/db_test"}, "db:x"},
      {{"--name", "mine", "--", "/b/db_test"}, "mine"},
      {{"--", "/b/db_test", "/x/y"}, "db_test"},
      {{"--", "make"}, "make"},
  };
  for (const auto& row : rows) {
    Started started(row.words);
    EXPECT_EQ(started.invocation().test, row.name);
  }
}

TEST(Invocation, OnlyCtestsAttachMakesItATest) {
  Started command({"--", "t"});
  EXPECT_EQ(command.invocation().mode(), ExitMode::command);
  Started test({"--test=t", "t"}, {k_attached});
  const Invocation attached = test.invocation();
  EXPECT_EQ(attached.mode(), ExitMode::ctest);
  EXPECT_EQ(attached.attach->tree, "/b");
  for (const char* foreign : {"HOLDFAST_ATTACH=1 17 99", "HOLDFAST_P_OF_TOMORROW=1"}) {
    Started other({"--test=t", "t"}, {foreign});
    const Result<Invocation> refused = other.read();
    ASSERT_FALSE(refused) << foreign;
    EXPECT_NE(
        to_text(refused.error()).find(foreign[9] == 'A' ? "expected version 2" : "another version"),
        std::string::npos);
    // A script of ctest may have started a command with its environment.
    EXPECT_EQ(Started({"--", "t"}, {foreign}).invocation().mode(), ExitMode::command);
  }
}

TEST(Invocation, APropertyIsMeantForTheTestAndNotForCommandsThatItRuns) {
  const std::vector<std::string> properties{
      "HOLDFAST_P_ENABLED=OFF",      "HOLDFAST_P_COMMAND=/found/t",  "HOLDFAST_P_RUN_SERIAL=1",
      "HOLDFAST_P_TIMEOUT=3",        "HOLDFAST_P_NATIVE_LIMIT=30",   "HOLDFAST_P_LOCK_LINE=1",
      "HOLDFAST_P_TIMEOUT_LINE=2.5", "HOLDFAST_P_SKIP_RETURN_CODE=5"};
  Started inner({"--", "t"}, properties);
  const Invocation command = inner.invocation();
  EXPECT_FALSE(command.bare);
  EXPECT_STREQ(command.command[0], "t");
  EXPECT_FALSE(command.properties.serial);
  EXPECT_TRUE(command.said.empty());
  EXPECT_FALSE(command.limits.raised);
  EXPECT_FALSE(command.tells_locks);
  EXPECT_EQ(command.told_timeout, 0ms);
  EXPECT_FALSE(command.skip_code);
  std::vector<std::string> all = properties;
  all.emplace_back(k_attached);
  Started outer({"--test=t", "t"}, all);
  const Invocation test = outer.invocation();
  EXPECT_TRUE(test.bare);
  EXPECT_STREQ(test.command[0], "/found/t");
  EXPECT_TRUE(test.properties.serial);
  ASSERT_EQ(test.said.size(), 1U);
  EXPECT_EQ(test.said[0].setting, Setting::timeout);
  EXPECT_EQ(test.limits.raised, 30'000ms);
  EXPECT_TRUE(test.tells_locks);
  EXPECT_EQ(test.told_timeout, 2500ms);
  EXPECT_EQ(test.skip_code, 5);
}

TEST(Invocation, WhatTheUserAndAnEnclosingAttemptSayHoldsForCommandsToo) {
  Started started({"--", "t"}, {"HOLDFAST_DISABLE=1", "HOLDFAST_HELD=user/db#1.1"});
  const Invocation command = started.invocation();
  EXPECT_TRUE(command.disabled);
  EXPECT_EQ(command.held, "user/db#1.1");
}

TEST(Invocation, WhereCtestDidNotFindTheCommandItsOwnNameStays) {
  Started started({"--test=t", "t"}, {k_attached, "HOLDFAST_P_COMMAND="});
  EXPECT_STREQ(started.invocation().command[0], "t");
}

TEST(Invocation, DisablesHoldfastWhereCMakesIfIsTrue) {
  for (const char* yes : {"1", "ON", "on", "Yes", "y", "TRUE", "-1", "2.5"}) {
    EXPECT_TRUE(with(std::string("HOLDFAST_DISABLE=") + yes).disabled) << yes;
  }
  for (const char* no : {"", "0", "0.0", "OFF", "no", "N", "false", "IGNORE", "1x", "HOLDFAST"}) {
    EXPECT_FALSE(with(std::string("HOLDFAST_DISABLE=") + no).disabled) << no;
  }
}

TEST(Invocation, OnlyANumberThatMayBeAnExitCodeIsACodeThatSkips) {
  for (const auto& [text, code] :
       {std::pair("0", 0), {"77", 77}, {"255", 255}, {"77 ", 77}, {"3x", 3}}) {
    EXPECT_EQ(with(std::string("HOLDFAST_P_SKIP_RETURN_CODE=") + text).skip_code, code) << text;
  }
  for (const char* text : {"", "x", "-1", "256", "99999999999"}) {
    EXPECT_FALSE(with(std::string("HOLDFAST_P_SKIP_RETURN_CODE=") + text).skip_code) << text;
  }
}

TEST(Invocation, KnowsTheSignalsByWhichCtestMayEndATest) {
  for (const auto& [name, signal] : {std::pair("SIGINT", SIGINT),
                                     {"SIGQUIT", SIGQUIT},
                                     {"SIGTERM", SIGTERM},
                                     {"SIGUSR1", SIGUSR1},
                                     {"SIGUSR2", SIGUSR2},
                                     {"SIGKILL", 0},
                                     {"", 0}}) {
    const Invocation read = with(std::string("HOLDFAST_P_TIMEOUT_SIGNAL=") + name);
    EXPECT_EQ(read.limits.end_signal, signal) << name;
  }
}

TEST(Invocation, ReadsCtestsLimitsAndLeavesOutWhatIsNoTime) {
  EXPECT_EQ(with("HOLDFAST_P_NATIVE_LIMIT=0").limits.raised, 0ms);
  EXPECT_EQ(with("HOLDFAST_P_KEPT_LIMIT=7").limits.kept, 7000ms);
  EXPECT_EQ(with("HOLDFAST_P_DEFAULT_LIMIT=1500").limits.default_raised, 1'500'000ms);
  EXPECT_EQ(with("HOLDFAST_P_STOP_TIME=1700000000").limits.stop_time, 1'700'000'000'000ms);
  EXPECT_EQ(with("HOLDFAST_P_TIMEOUT_GRACE=2.5").limits.end_grace, 2500ms);
  EXPECT_TRUE(with("HOLDFAST_P_TELLS_LIMIT=1").limits.tells);
  EXPECT_FALSE(with("HOLDFAST_P_NATIVE_LIMIT=soon").limits.raised);
  EXPECT_FALSE(with("HOLDFAST_P_KEPT_LIMIT=").limits.kept);
  const CtestLimits unsaid = with("PATH=/bin").limits;
  EXPECT_EQ(with("HOLDFAST_P_DEFAULT_LIMIT=soon").limits.default_raised, unsaid.default_raised);
  EXPECT_EQ(with("HOLDFAST_P_STOP_TIME=soon").limits.stop_time, unsaid.stop_time);
  EXPECT_EQ(with("HOLDFAST_P_TIMEOUT_GRACE=soon").limits.end_grace, unsaid.end_grace);
  EXPECT_EQ(with("HOLDFAST_P_TIMEOUT_LINE=soon").told_timeout, 0ms);
}

// A shell exports no such entry, but execve(2) takes any.
TEST(Invocation, AnEntryWithoutAValueIsNoVariable) {
  for (const char* entry : {"HOLDFAST_DISABLE", "HOLDFAST_P_TIMEOUT", "HOLDFAST_P_OF_TOMORROW"}) {
    const Invocation read = with(entry);
    EXPECT_FALSE(read.disabled) << entry;
    EXPECT_TRUE(read.said.empty()) << entry;
    EXPECT_EQ(read.not_understood, "") << entry;
  }
}

// Holdfast's own programs use it where a test is only listed.
TEST(Invocation, TheVariableForArgumentsIsUnderstood) {
  EXPECT_EQ(with("HOLDFAST_P_ARGUMENT=x").not_understood, "");
}

TEST(Invocation, ATestWithALimitOfItsOwnHasNotTheRunsLimit) {
  const auto rest = [](const std::vector<std::string>& variables) {
    std::vector<std::string> all{k_attached, "HOLDFAST_P_DEFAULT_TIMEOUT=1500"};
    all.insert(all.end(), variables.begin(), variables.end());
    return Started({"--test=t", "t"}, all).invocation().properties.default_timeout;
  };
  EXPECT_EQ(rest({}), "1500");
  EXPECT_EQ(rest({"HOLDFAST_P_NATIVE_LIMIT=0"}), "");
  EXPECT_EQ(rest({"HOLDFAST_P_KEPT_LIMIT=0"}), "");
}

TEST(Invocation, AskedForHelpItReadsNothingElse) {
  Started started({"--help"}, {"HOLDFAST_ATTACH=nonsense"});
  const Result<Invocation> read = started.read();
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->line.help);
  EXPECT_EQ(read->not_understood, "");
}

TEST(Invocation, WithoutACommandIsAUsageError) {
  Started started({"--test=t"});
  EXPECT_FALSE(started.read());
}

}  // namespace
}  // namespace holdfast::supervision
