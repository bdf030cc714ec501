#include "run/live_runs.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/names.hpp"
#include "journal/journal_reader.hpp"
#include "journal/records.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"
#include "run/run_lock.hpp"

namespace holdfast {
namespace {

constexpr int k_dead = 9;

bool is_alive(const ProcessName& launcher) { return launcher.pid != k_dead; }

RunStarted run_of(const std::string& boot) {
  RunStarted record;
  record.at = 1000;
  record.boot = boot;
  return record;
}

AttemptStarted begun(const std::string& attempt, int launcher) {
  AttemptStarted record;
  record.at = 1001;
  record.attempt = attempt;
  record.test = "test of " + attempt;
  record.launcher.pid = launcher;
  return record;
}

AttemptEnded ended(const std::string& attempt) {
  AttemptEnded record;
  record.attempt = attempt;
  return record;
}

std::vector<std::string> going_on(const std::vector<Record>& records) {
  LiveRun run;
  take_records(records, "here", is_alive, run);
  std::vector<std::string> tests;
  for (const LiveTest& test : run.tests) tests.push_back(test.test);
  return tests;
}

using Tests = std::vector<std::string>;

TEST(LiveRun, HasTheTestsThatHaveBegunAndNotEnded) {
  EXPECT_EQ(going_on({run_of("here"), begun("r.1", 1), begun("r.2", 2), ended("r.1")}),
            Tests{"test of r.2"});
  LiveRun run;
  take_records({run_of("here"), begun("r.1", 7)}, "here", is_alive, run);
  EXPECT_EQ(run.since, 1000);
  ASSERT_EQ(run.tests.size(), 1U);
  EXPECT_EQ(run.tests[0].attempt, "r.1");
  EXPECT_EQ(run.tests[0].launcher, 7);
  EXPECT_EQ(run.tests[0].since, 1001);
}

TEST(LiveRun, ATestWhoseLauncherIsDeadDoesNotGoOnUnlessNobodyCanSeeThat) {
  EXPECT_EQ(going_on({run_of("here"), begun("r.1", k_dead)}), Tests{});
  EXPECT_EQ(going_on({run_of("there"), begun("r.1", k_dead)}), Tests{"test of r.1"});
}

// A script's ctest outlives each of its runs. This process is in the place of ctest.
TEST(LiveRun, IsOverWhenItsEndIsOnRecordThoughItsCtestLives) {
  const os::Scratch tree;
  const std::string id = "1-20261120-085400-7";
  const std::filesystem::path run = std::filesystem::path(tree.path()) / ".holdfast/runs" / id;
  std::filesystem::create_directories(run);
  RunStarted started = run_of(os::numbering_id());
  started.run = id;
  started.tree = tree.path();
  started.ctest = os::own_name();
  std::ofstream journal(run / "journal.jsonl");
  journal << line_of(started) << std::flush;
  const RunEntry entry{id, run, run / "journal.jsonl"};
  EXPECT_TRUE(is_going_on(entry));
  const std::vector<LiveRun> found = find_live_run_of(tree.path());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].run, id);
  EXPECT_EQ(found[0].ctest, os::own_name());
  RunEnded end;
  end.at = 1002;
  end.run = id;
  end.complete = true;
  journal << line_of(end) << std::flush;
  EXPECT_FALSE(is_going_on(entry));
  EXPECT_TRUE(find_live_run_of(tree.path()).empty());
}

TEST(LiveRun, IsNoneWhereTheJournalDoesNotSayWhoseItIs) {
  const os::Scratch tree;
  const std::string id = "1-20261120-085400-7";
  const std::filesystem::path run = std::filesystem::path(tree.path()) / ".holdfast/runs" / id;
  std::filesystem::create_directories(run);
  const RunEntry entry{id, run, run / "journal.jsonl"};
  for (const std::string& text : {std::string(), line_of(begun(id + ".1", 1))}) {
    std::ofstream(entry.journal) << text;
    EXPECT_FALSE(is_going_on(entry)) << text;
    EXPECT_TRUE(find_live_run_of(tree.path()).empty()) << text;
  }
}

TEST(LiveRun, NothingOfAnotherBootIsAlive) {
  EXPECT_TRUE(is_of_another_boot(run_of("old"), "new"));
  EXPECT_TRUE(is_of_another_boot(run_of("old/pid:[7]"), "new"));
  EXPECT_FALSE(is_of_another_boot(run_of("new"), "new"));
  EXPECT_FALSE(is_of_another_boot(run_of("new/pid:[7]"), "new"));
  // Nobody knows.
  EXPECT_FALSE(is_of_another_boot(run_of(""), "new"));
  EXPECT_FALSE(is_of_another_boot(run_of("old"), ""));
}

// Its numbers mean nothing here: who has the tree shows that it goes on.
TEST(LiveRun, OfAnotherPidNamespaceGoesOnWhileItHasTheTree) {
  const os::Scratch tree;
  const std::string id = "1-20261120-085400-7";
  const std::filesystem::path run = std::filesystem::path(tree.path()) / ".holdfast/runs" / id;
  std::filesystem::create_directories(run);
  RunStarted started = run_of(std::string(os::boot_in(os::numbering_id())) + "/pid:[7]");
  started.run = id;
  started.tree = tree.path();
  started.ctest = {4'000'001, 99};
  std::ofstream(run / "journal.jsonl") << line_of(started) << line_of(begun(id + ".1", k_dead));
  const RunEntry entry{id, run, run / "journal.jsonl"};
  EXPECT_FALSE(is_going_on(entry)) << "nobody has the tree";
  {
    Result<os::LockRequest> lock = open_tree_lock(tree.path(), names::k_run_lock_directory,
                                                  {.name = "run", .scope = LockScope::build});
    ASSERT_TRUE(lock && lock->try_take());
    LockParty party;
    party.process = started.ctest;
    party.boot = started.boot;
    lock->sign(party);
    EXPECT_TRUE(is_going_on(entry));
    const std::vector<LiveRun> found = find_live_run_of(tree.path());
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].tree, tree.path());
    EXPECT_TRUE(found[0].is_in_other_pid_namespace);
    EXPECT_EQ(found[0].tests.size(), 1U);
    // Of another boot nothing can be alive, whoever has the tree now.
    started.boot = "another-boot/pid:[7]";
    std::ofstream(run / "journal.jsonl") << line_of(started);
    EXPECT_FALSE(is_going_on(entry));
  }
}

}  // namespace
}  // namespace holdfast
