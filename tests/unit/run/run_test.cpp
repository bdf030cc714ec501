#include "run/run.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <variant>

#include "journal/journal_reader.hpp"
#include "journal/log_reader.hpp"
#include "journal/records.hpp"
#include "journal/run_directory.hpp"
#include "os/log/log.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"
#include "run/nowhere.hpp"

namespace holdfast {
namespace {

bool is_like(const std::string& text, const char* pattern) {
  return std::regex_match(text, std::regex(pattern));
}

TEST(Run, IsCalledByItsTimeItsCtestAndWhichOfCtestsRunsItIs) {
  EXPECT_TRUE(is_like(begun().id(), "[0-9]{8}-[0-9]{6}-4711"));
  EXPECT_TRUE(is_like(begun(origin_nowhere(), 2).id(), "[0-9]{8}-[0-9]{6}-4711-2"));
}

TEST(Run, ThatCannotBeRecordedSaysSoAndStillNamesItsAttempts) {
  auto run = begun();
  EXPECT_EQ(run.journal(), "");
  EXPECT_EQ(run.scratch(), nullptr);
  EXPECT_TRUE(is_like(run.trouble(),
                      "ignoring that this run cannot be recorded: failed to open "
                      "/proc/no-such-tree/.holdfast/runs: .*"))
      << run.trouble();
  EXPECT_EQ(run.next_attempt(), run.id() + ".1");
  EXPECT_EQ(run.next_attempt(), run.id() + ".2");
  EXPECT_EQ(run.finish(Run::Completeness::complete), "");
}

TEST(Run, ThatCanBeNeitherRecordedNorLockedSaysBothInOneSentence) {
  RunOrigin origin = origin_nowhere();
  origin.lock_trouble = "the tree could not be locked";
  EXPECT_TRUE(is_like(begun(origin).trouble(),
                      "ignoring that this run cannot be recorded and another may be at work in "
                      "/proc/no-such-tree: failed to open .*"));
}

TEST(Run, KnowsATestThatItHadBefore) {
  auto run = begun();
  EXPECT_FALSE(run.begin_attempt_of("a"));
  EXPECT_FALSE(run.begin_attempt_of("b"));
  EXPECT_TRUE(run.begin_attempt_of("a"));
}

// How many runs a tree keeps after many whose tests were chosen like that.
std::size_t kept_after_runs_of(const std::string& planned) {
  const os::Scratch tree;
  RunOrigin origin;
  origin.tree = tree.path();
  origin.ctest = {4711, 99};
  origin.planned = planned;
  for (std::size_t i = 0; i < k_runs_kept + 5; ++i) {
    EXPECT_NE(begun(origin).finish(Run::Completeness::complete), "");
  }
  return list_runs(tree.path()).size();
}

TEST(Run, KeepsRoomForAllShardsOfItsTests) {
  PlannedRecord one;
  one.shard = "2/3";
  one.is_own = true;
  one.tests = {"t"};
  EXPECT_EQ(kept_after_runs_of(line_of(one)), k_runs_kept + 3);
  one.shard = "";
  EXPECT_EQ(kept_after_runs_of(line_of(one)), k_runs_kept);
}

TEST(Run, WhatWasChosenIsChosenForTheFirstRunOfACtestAlone) {
  const os::Scratch tree;
  RunOrigin origin;
  origin.tree = tree.path();
  origin.ctest = {4711, 99};
  PlannedRecord chosen;
  chosen.is_own = true;
  chosen.tests = {"t"};
  origin.planned = line_of(chosen);
  for (const unsigned nth : {1U, 2U}) {
    const auto run = begun(origin, nth);
    const Result<Journal> read = read_journal(run.journal());
    ASSERT_TRUE(read);
    const auto planned = std::ranges::count_if(read->records, [](const Record& record) {
      return std::holds_alternative<PlannedRecord>(record);
    });
    EXPECT_EQ(planned, nth == 1 ? 1 : 0);
    EXPECT_EQ(run.refusal_of("u").empty(), nth != 1);
  }
}

TEST(Run, WhoseEndCannotBeRecordedSaysSo) {
  const os::Scratch tree;
  RunOrigin origin = origin_nowhere();
  origin.tree = tree.path();
  auto run = begun(origin);
  EXPECT_EQ(run.trouble(), "");
  std::filesystem::remove(run.journal());
  std::filesystem::create_directory(run.journal());
  (void)run.finish(Run::Completeness::complete);
  EXPECT_TRUE(run.trouble().starts_with("ignoring that attempts are not recorded: failed to "))
      << run.trouble();
}

TEST(Run, TellsItsLogOfTestsThatDidNotEndByThemselves) {
  ::unsetenv(environment::k_log.data());
  os::log_as("keeper");
  const os::Scratch tree;
  RunOrigin origin = origin_nowhere();
  origin.tree = tree.path();
  auto run = begun(origin);
  const std::filesystem::path journal = run.journal();
  for (const char* outcome : {"interrupted", "internal_error", "failed"}) {
    std::ofstream(journal, std::ios::app)
        << R"({"v":1,"type":"attempt_ended","at":1,"n":1,"attempt":"r.)" << outcome
        << R"(","key":")" << outcome << R"(","test":")" << outcome << R"(","outcome":")" << outcome
        << "\"}\n";
  }
  EXPECT_NE(run.finish(Run::Completeness::incomplete), "");
  std::map<std::string, LogLine> lines;
  for (LogLine& line : LogReader(journal.parent_path()).take_lines()) {
    if (!line.test.empty()) lines[line.test] = std::move(line);
  }
  EXPECT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines["interrupted"].message.starts_with("it was interrupted: "));
  EXPECT_EQ(lines["interrupted"].level, LogLevel::info);
  EXPECT_TRUE(lines["internal_error"].message.starts_with("Holdfast failed: "));
  EXPECT_EQ(lines["internal_error"].level, LogLevel::error);
}

TEST(Run, OfPeopleRemovesOldOnesOfPeopleAlone) {
  const os::Scratch tree;
  RunOrigin origin = origin_nowhere();
  origin.tree = tree.path();
  for (std::size_t i = 0; i < k_runs_kept; ++i) {
    (void)begun(origin).finish(Run::Completeness::complete);
  }
  origin.whose = RunsOf::people;
  for (std::size_t i = 0; i < k_runs_kept + 2; ++i) begun(origin).finish_without_tests();
  EXPECT_EQ(list_runs(tree.path(), RunsOf::people).size(), k_runs_kept);
  EXPECT_EQ(list_runs(tree.path()).size(), k_runs_kept);
}

TestReport reported(const std::string& key, bool bare) {
  TestReport test;
  test.key = key;
  test.bare = bare;
  return test;
}

TEST(Run, CountsTheTestsThatHadAnAttemptAndHaveNoRecord) {
  RunReport report;
  report.tests = {reported("a", false), reported("c", false), reported("", false)};
  EXPECT_EQ(unrecorded_in(report, {{"a", ""}, {"b", ""}}), 1);
  EXPECT_EQ(unrecorded_in(report, {{"a", ""}}), 0);
  EXPECT_EQ(unrecorded_in(report, {}), 0);
  // It ran, but has nothing to do with this test.
  report.tests.push_back(reported("c", true));
  EXPECT_EQ(unrecorded_in(report, {{"a", ""}, {"b", ""}}), 1);
}

TEST(Run, TheFirstWordOfItsTestsIsOnRecord) {
  const os::Scratch tree;
  RunOrigin origin = origin_nowhere();
  origin.tree = tree.path();
  origin.has_company = true;
  auto run = begun(origin);
  for (const char* word : {"", "first", "second"}) EXPECT_TRUE(run.note_word(word));
  const Result<Journal> read = read_journal(std::filesystem::path(run.journal()));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->records.size(), 2U);
  const auto& word = std::get<LogWordRecord>(read->records[1]);
  EXPECT_EQ(word.word, "first");
  EXPECT_TRUE(word.has_company);
}

TEST(Run, ItsBeginningSaysWhereItIsAndWhatIsAroundIt) {
  const os::Scratch tree;
  RunOrigin origin = origin_nowhere();
  origin.tree = tree.path();
  origin.directory = tree.path() + "/sub";
  origin.inside = "1-x";
  const auto run = begun(origin);
  const Result<Journal> read = read_journal(std::filesystem::path(run.journal()));
  ASSERT_TRUE(read);
  const auto& started = std::get<RunStarted>(read->records.at(0));
  EXPECT_EQ(started.run, run.id());
  EXPECT_EQ(started.tree, tree.path());
  EXPECT_EQ(started.directory, origin.directory);
  EXPECT_EQ(started.inside, "1-x");
  EXPECT_EQ(started.boot, os::numbering_id());
  EXPECT_EQ(started.ctest, origin.ctest);
  EXPECT_EQ(started.log, "info");
}

TEST(Run, ItsEndCountsTheTestsWithoutARecord) {
  const os::Scratch tree;
  RunOrigin origin = origin_nowhere();
  origin.tree = tree.path();
  auto run = begun(origin);
  (void)run.begin_attempt_of("key");
  const std::string summary = run.finish(Run::Completeness::complete);
  EXPECT_NE(summary.find("1 more test ran through Holdfast and could not be recorded"),
            std::string::npos)
      << summary;
  const std::optional<RunEnded> end = end_record(std::filesystem::path(run.journal()));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->unrecorded, 1);
  EXPECT_TRUE(end->complete);
  EXPECT_FALSE(end->has_log);
}

TEST(Run, ItsBeginningSaysHowItsCtestWasStartedAndWhetherItHasALog) {
  ::unsetenv(environment::k_log.data());
  const os::Scratch tree;
  RunOrigin origin = origin_nowhere();
  origin.tree = tree.path();
  origin.ctest = os::own_name();
  origin.settings.log = LogLevel::off;
  const auto run = begun(origin);
  const Result<Journal> read = read_journal(std::filesystem::path(run.journal()));
  ASSERT_TRUE(read);
  const auto& started = std::get<RunStarted>(read->records.at(0));
  EXPECT_EQ(started.command, os::command_of(::getpid()));
  EXPECT_EQ(started.program, os::own_program().value_or(""));
  EXPECT_EQ(started.log, "");
}

TEST(Run, ItsEndSaysWhetherItIsCompleteAndHowOftenTestsWereTriedAgain) {
  const os::Scratch tree;
  RunOrigin origin = origin_nowhere();
  origin.tree = tree.path();
  origin.settings.retries.budget = 1;
  auto run = begun(origin);
  EXPECT_EQ(run.retries().again("a"), "");
  EXPECT_NE(run.retries().again("b"), "") << "the budget is spent";
  (void)run.finish(Run::Completeness::incomplete);
  const std::optional<RunEnded> end = end_record(std::filesystem::path(run.journal()));
  ASSERT_TRUE(end);
  EXPECT_FALSE(end->complete);
  EXPECT_EQ(end->retries, run.retries().summary());
  EXPECT_NE(end->retries, "");
}

}  // namespace
}  // namespace holdfast
