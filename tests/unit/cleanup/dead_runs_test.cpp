#include "cleanup/dead_runs.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "journal/journal_reader.hpp"

namespace holdfast {
namespace {

AttemptStarted begun(const std::string& attempt) {
  AttemptStarted record;
  record.attempt = attempt;
  record.test = "test of " + attempt;
  record.key = "key of " + attempt;
  record.n = 2;
  return record;
}

AttemptEnded ended(const std::string& attempt) {
  AttemptEnded record;
  record.attempt = attempt;
  return record;
}

std::vector<std::string> names_of(const std::vector<AttemptStarted>& attempts) {
  std::vector<std::string> names;
  for (const AttemptStarted& one : attempts) names.push_back(one.attempt);
  return names;
}

TEST(DeadRun, LacksTheEndOfEachAttemptThatHasNone) {
  EXPECT_EQ(names_of(unended_attempts({begun("r.1"), begun("r.2"), ended("r.2"), begun("r.3"),
                                       begun(""), ended("r.4"), RunEnded{}})),
            (std::vector<std::string>{"r.1", "r.3"}));
  // The record of an end may come first: launcher and guard write into one file.
  EXPECT_TRUE(unended_attempts({ended("r.1"), begun("r.1")}).empty());
}

Journal written(const DeadRun& run) {
  std::istringstream lines(missing_lines(run, 1'700'000'000.5));
  return read_journal(lines);
}

TEST(DeadRun, WhatItLacksIsWrittenAsInterruptedAndIncomplete) {
  DeadRun run;
  run.id = "r";
  run.lacks_end = true;
  run.unended = {begun("r.1")};
  const Journal journal = written(run);
  EXPECT_EQ(journal.flaws, 0U);
  ASSERT_EQ(journal.records.size(), 2U);
  const auto& attempt = std::get<AttemptEnded>(journal.records[0]);
  EXPECT_EQ(attempt.attempt, "r.1");
  EXPECT_EQ(attempt.test, "test of r.1");
  EXPECT_EQ(attempt.key, "key of r.1");
  EXPECT_EQ(attempt.n, 2);
  EXPECT_EQ(attempt.outcome, Outcome::interrupted);
  EXPECT_EQ(attempt.note, "launcher, guard and keeper were killed; recorded when that was found");
  const auto& end = std::get<RunEnded>(journal.records[1]);
  EXPECT_EQ(end.run, "r");
  EXPECT_FALSE(end.complete);
  EXPECT_DOUBLE_EQ(end.at, 1'700'000'000.5);
}

TEST(DeadRun, OfAnotherPidNamespaceNobodyKnowsWhatBecameOfItsProcesses) {
  DeadRun run;
  run.is_of_others_numbers = true;
  run.unended = {begun("r.1")};
  const Journal journal = written(run);
  ASSERT_EQ(journal.records.size(), 1U);
  EXPECT_NE(std::get<AttemptEnded>(journal.records[0]).note.find("nothing is known"),
            std::string::npos);
}

TEST(DeadRun, ThatLacksNothingGetsNoRecord) { EXPECT_EQ(missing_lines({}, 0), ""); }

TEST(DeadRun, WhatWasDoneIsSaidInOneLineWithoutWhatWasNot) {
  Tidied all;
  all.runs = 2;
  all.attempts = 1;
  all.ends = 2;
  all.directories = 1;
  all.sockets = 3;
  EXPECT_EQ(describe(all),
            "2 runs: 1 attempt recorded as interrupted, 2 runs' ends recorded, 1 empty directory "
            "and 3 sockets removed");
  Tidied sockets;
  sockets.runs = 1;
  sockets.sockets = 1;
  EXPECT_EQ(describe(sockets), "1 run: 1 socket removed");
  Tidied records;
  records.runs = 1;
  records.attempts = 2;
  records.directories = 2;
  EXPECT_EQ(describe(records),
            "1 run: 2 attempts recorded as interrupted, 2 empty directories removed");
}

TEST(DeadRun, WhatWasStoppedAndWhichJobsWentIsSaidToo) {
  Tidied all;
  all.runs = 1;
  all.stopped = {"db", "web"};
  all.directories = 1;
  all.sockets = 1;
  all.far_jobs = 2;
  EXPECT_EQ(describe(all),
            "1 run: stop command of db, web run, 1 empty directory and 1 socket and 2 jobs for "
            "nodes removed");
  Tidied stopped;
  stopped.runs = 1;
  stopped.stopped = {"db"};
  EXPECT_EQ(describe(stopped), "1 run: stop command of db run");
}

TEST(DeadRun, EachOfItsAttemptsIsWritten) {
  DeadRun run;
  run.unended = {begun("r.1"), begun("r.2")};
  const Journal journal = written(run);
  ASSERT_EQ(journal.records.size(), 2U);
  EXPECT_EQ(std::get<AttemptEnded>(journal.records[0]).attempt, "r.1");
  EXPECT_EQ(std::get<AttemptEnded>(journal.records[1]).attempt, "r.2");
}

}  // namespace
}  // namespace holdfast
