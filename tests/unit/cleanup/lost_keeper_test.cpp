#include "cleanup/dead_runs.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/names.hpp"
#include "ctest/log_lines.hpp"
#include "journal/journal_reader.hpp"
#include "journal/records.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/process/stop_record.hpp"
#include "os/scratch.hpp"
#include "run/fake_supervisors.hpp"
#include "run/keeper_socket.hpp"
#include "run/run_lock.hpp"

namespace holdfast {
namespace {

constexpr int k_tests = 40;  // more than the last 4096 bytes of a journal have room for
const std::string k_run = "1-20261120-085400-7";

std::string name_of(int test) { return "t" + std::to_string(test); }

// A tree in which ctest came to its end, though keeper, launchers and guards were killed.
class LostKeeper : public testing::Test {
 protected:
  LostKeeper() {
    std::filesystem::create_directories(tree_ / ".holdfast/runs" / k_run);
    std::filesystem::create_directories(tree_ / "Testing/Temporary");
    begin_anew([](RunStarted&) {});
    std::ofstream log(tree_ / "Testing/Temporary/LastTest.log");
    log << k_head;
    for (int test = 1; test <= k_tests; ++test) {
      log << entry(test, k_tests, name_of(test), "red\n", "Test Failed.");
    }
    log << k_foot;
  }

  // Writes the journal anew, with another beginning.
  template <typename Change>
  void begin_anew(Change change, const std::string& word = k_word) const {
    RunStarted started;
    started.at = 1'700'000'000;
    started.run = k_run;
    started.tree = tree_.string();
    started.boot = os::numbering_id();
    started.ctest = ctest_;
    change(started);
    std::ofstream journal(this->journal());
    journal << line_of(started);
    if (!word.empty()) journal << line_of(LogWordRecord{started.at, word, false});
    for (int test = 1; test <= k_tests; ++test) {
      journal << R"({"v":1,"type":"attempt_started","at":1700000001,"attempt":")" << k_run << "."
              << test << R"(","test":")" << name_of(test) << R"(","key":"00000000000000)"
              << 10 + test << R"(","n":1})"
              << "\n";
    }
  }

  std::filesystem::path journal() const {
    return tree_ / ".holdfast/runs" / k_run / "journal.jsonl";
  }

  os::Scratch scratch_;
  std::filesystem::path tree_ = scratch_.path();
  ProcessName ctest_ = dead_process();
};

TEST_F(LostKeeper, TheEndOfTheRunIsTheLastRecordAndTheOnlyOne) {
  for (int look = 0; look < 2; ++look) {
    (void)tidy(find_dead_runs(tree_));
    const Result<Journal> read = read_journal(journal());
    ASSERT_TRUE(read);
    int ends = 0;
    int interrupted = 0;
    int verdicts = 0;
    for (const Record& record : read->records) {
      ends += std::holds_alternative<RunEnded>(record) ? 1 : 0;
      interrupted += std::holds_alternative<AttemptEnded>(record) ? 1 : 0;
      verdicts += std::holds_alternative<VerdictRecord>(record) ? 1 : 0;
    }
    EXPECT_EQ(ends, 1);
    EXPECT_EQ(interrupted, k_tests);
    EXPECT_EQ(verdicts, k_tests);
    const auto* last = std::get_if<RunEnded>(&read->records.back());
    ASSERT_NE(last, nullptr);
    EXPECT_TRUE(last->complete);
    EXPECT_TRUE(last->has_log);
    EXPECT_GT(last->keeper_until, 0);
  }
}

TEST_F(LostKeeper, WhatAnotherHasRecordedMeanwhileIsNotRecordedAgain) {
  const std::vector<DeadRun> seen = find_dead_runs(tree_);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(tidy(seen).ends, 1U);
  const auto size = std::filesystem::file_size(journal());
  const Tidied again = tidy(seen);
  EXPECT_EQ(again.ends, 0U);
  EXPECT_EQ(again.attempts, 0U);
  EXPECT_EQ(again.runs, 0U);
  EXPECT_EQ(std::filesystem::file_size(journal()), size);
}

TEST_F(LostKeeper, WhileAnotherRecordsTheEndNobodyElseDoes) {
  os::UniqueFd turn(::open(journal().c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(turn.get(), LOCK_EX | LOCK_NB), 0);
  EXPECT_EQ(tidy(find_dead_runs(tree_)).ends, 0U);
  EXPECT_FALSE(end_record(journal()));
  turn.reset();
  EXPECT_EQ(tidy(find_dead_runs(tree_)).ends, 1U);
}

// This process is in the place of ctest, which has its log open and waits in its last step.
TEST_F(LostKeeper, AtTheEndOfCtestOneCommandRecordsIt) {
  const os::UniqueFd log(
      ::open((tree_ / "Testing/Temporary/LastTest.log").c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(log.valid());
  const RunEntry run{k_run, journal().parent_path(), journal()};
  os::UniqueFd turn(::open(journal().c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(turn.get(), LOCK_EX | LOCK_NB), 0);
  EXPECT_FALSE(finish_at_end(run, os::own_name()));
  EXPECT_FALSE(end_record(journal()));
  turn.reset();
  const Result<void> done = finish_at_end(run, os::own_name());
  EXPECT_TRUE(done) << to_text(done.error());
  const Result<Journal> read = read_journal(journal());
  ASSERT_TRUE(read);
  int interrupted = 0;
  int verdicts = 0;
  for (const Record& record : read->records) {
    const auto* ended = std::get_if<AttemptEnded>(&record);
    interrupted += ended != nullptr && ended->outcome == Outcome::interrupted ? 1 : 0;
    verdicts += std::holds_alternative<VerdictRecord>(record) ? 1 : 0;
  }
  EXPECT_EQ(interrupted, k_tests);
  EXPECT_EQ(verdicts, k_tests);
  EXPECT_TRUE(end_record(journal())->complete);
  const auto size = std::filesystem::file_size(journal());
  EXPECT_FALSE(finish_at_end(run, os::own_name()));
  EXPECT_EQ(std::filesystem::file_size(journal()), size);
}

TEST_F(LostKeeper, TheRunEndedWhenCtestWroteItsLastLine) {
  constexpr double k_last = 1'700'000'100;
  const timespec times[2] = {{1'700'000'100, 0}, {1'700'000'100, 0}};
  const std::filesystem::path log = tree_ / "Testing/Temporary/LastTest.log";
  ASSERT_EQ(::utimensat(AT_FDCWD, log.c_str(), times, 0), 0);
  (void)tidy(find_dead_runs(tree_));
  const Result<Journal> read = read_journal(journal());
  ASSERT_TRUE(read);
  int verdicts = 0;
  for (const Record& record : read->records) {
    const auto* verdict = std::get_if<VerdictRecord>(&record);
    if (verdict == nullptr) continue;
    ++verdicts;
    EXPECT_DOUBLE_EQ(verdict->at, k_last);
  }
  EXPECT_EQ(verdicts, k_tests);
  EXPECT_DOUBLE_EQ(end_record(journal())->at, k_last);
}

// It is writing what the journal lacks.
TEST_F(LostKeeper, IsNoneWhileTheKeeperListens) {
  const Result<os::UniqueFd> user = os::open_user_directory();
  ASSERT_TRUE(user && os::open_below(*user, std::string(names::k_user_keepers_directory), 0700));
  os::Listening keeper = os::listen_at(keeper_socket_path_here(ctest_));
  ASSERT_TRUE(keeper.socket.valid());
  EXPECT_TRUE(find_dead_runs(tree_).empty());
  keeper.socket.reset();
  EXPECT_EQ(tidy(find_dead_runs(tree_)).sockets, 1U);
}

TEST_F(LostKeeper, OfWhichNobodyKnowsWhereItWasIsNone) {
  RunStarted started;
  started.run = k_run;
  started.tree = tree_.string();
  started.ctest = ctest_;
  std::ofstream(journal()) << line_of(started);
  EXPECT_TRUE(find_dead_runs(tree_).empty());
}

TEST_F(LostKeeper, OnlyScratchDirectoriesWithoutAnythingGo) {
  const std::filesystem::path scratch = journal().parent_path() / names::k_scratch_directory;
  for (const char* name : {"1", "2", "3", "4"}) std::filesystem::create_directories(scratch / name);
  std::filesystem::create_directory(scratch / "2" / names::k_marker_directory);
  std::ofstream(scratch / "3" / names::k_marker_directory) << "no directory";
  std::ofstream(scratch / "4" / "core") << "evidence";
  std::ofstream(scratch / "5") << "no directory";
  EXPECT_EQ(tidy(find_dead_runs(tree_)).directories, 2U);
  for (const char* name : {"1", "2"}) EXPECT_FALSE(std::filesystem::exists(scratch / name)) << name;
  for (const char* name : {"3", "4", "5"})
    EXPECT_TRUE(std::filesystem::exists(scratch / name)) << name;
}

// A service whose host was killed keeps what only its stop command can end.
TEST_F(LostKeeper, AStopCommandIsReasonEnoughToLookAtARun) {
  (void)tidy(find_dead_runs(tree_));
  ASSERT_TRUE(find_dead_runs(tree_).empty());
  const std::filesystem::path services = journal().parent_path() / names::k_services_directory;
  std::filesystem::create_directories(services);
  os::StopOrder stop;
  stop.service = "db";
  stop.command.words = {"true"};
  stop.command.environment = {"PATH=/usr/bin:/bin"};
  stop.command.directory = "/";
  stop.command.time = Milliseconds{10'000};
  Result<os::UniqueFd> held =
      os::write_stop_record(os::stop_record_path((services / "db-1.log").string()), stop);
  ASSERT_TRUE(held);
  EXPECT_TRUE(find_dead_runs(tree_).empty()) << "its host is there";
  held->reset();
  const Tidied done = tidy(find_dead_runs(tree_));
  EXPECT_EQ(done.stopped, std::vector<std::string>{"db"});
  EXPECT_TRUE(done.troubles.empty());
  EXPECT_TRUE(find_dead_runs(tree_).empty());
}

TEST_F(LostKeeper, ALineThatItsWriterDidNotFinishSpoilsNoRecord) {
  std::ofstream(journal(), std::ios::app) << R"({"v":1,"type":"attempt_en)";
  (void)tidy(find_dead_runs(tree_));
  const Result<Journal> read = read_journal(journal());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->flaws, 1U);
  EXPECT_EQ(read->records.size(), 2U + 3 * k_tests + 1);
}

TEST_F(LostKeeper, WasThereUntilItsLastGrant) {
  // The launcher of a later attempt found no keeper, and gave the attempt its name.
  std::ofstream(journal(), std::ios::app)
      << R"({"v":1,"type":"attempt_started","at":1700000009,"attempt":"4711-99.1","test":"t1",)"
      << R"("key":"0000000000000011","n":1})"
      << "\n";
  (void)tidy(find_dead_runs(tree_));
  const std::optional<RunEnded> end = end_record(journal());
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->complete);
  EXPECT_DOUBLE_EQ(end->keeper_until, 1'700'000'001);
}

TEST_F(LostKeeper, OutputsThatCannotBeKeptAreToldAndTheRestIsRecorded) {
  std::ofstream(journal().parent_path() / "output") << "a file in the place of the directory\n";
  const Tidied tidied = tidy(find_dead_runs(tree_));
  ASSERT_EQ(tidied.troubles.size(), 1U);
  EXPECT_NE(tidied.troubles[0].find("output"), std::string::npos) << tidied.troubles[0];
  EXPECT_EQ(tidied.ends, 1U);
  EXPECT_TRUE(end_record(journal())->complete);
}

TEST_F(LostKeeper, WithoutAWholeLogAReaderWritesNothing) {
  std::filesystem::resize_file(tree_ / "Testing/Temporary/LastTest.log", 300);
  const auto before = std::filesystem::file_size(journal());
  const RunEntry run{k_run, journal().parent_path(), journal()};
  EXPECT_FALSE(told_by_log(run));
  EXPECT_TRUE(settle(run));
  EXPECT_EQ(std::filesystem::file_size(journal()), before);
}

TEST_F(LostKeeper, ASecondRunThatLacksItsEndHasTheEndOfItsOwn) {
  const std::string second = "2-20261120-085500-7";
  const std::filesystem::path directory = tree_ / ".holdfast/runs" / second;
  std::filesystem::create_directories(directory);
  RunStarted started;
  started.at = 1'700'000'200;
  started.run = second;
  started.tree = tree_.string();
  started.boot = os::numbering_id();
  started.ctest = dead_process();
  std::ofstream(directory / "journal.jsonl")
      << line_of(started) << line_of(LogWordRecord{started.at, "another", false});
  const Tidied tidied = tidy(find_dead_runs(tree_));
  EXPECT_EQ(tidied.runs, 2U);
  EXPECT_EQ(tidied.ends, 2U);
  EXPECT_TRUE(end_record(journal())->complete);
  ASSERT_TRUE(end_record(directory / "journal.jsonl"));
  EXPECT_FALSE(end_record(directory / "journal.jsonl")->complete) << "the log is of the first";
}

TEST_F(LostKeeper, OfItsScratchDirectoriesThoseGoThatAreEmpty) {
  const std::filesystem::path scratch = journal().parent_path() / "scratch";
  std::filesystem::create_directories(scratch / "1");
  std::filesystem::create_directories(scratch / "2" / std::string(names::k_marker_directory));
  std::filesystem::create_directories(scratch / "3");
  std::ofstream(scratch / "3/core") << "of the test\n";
  const std::filesystem::path markers = scratch / "4" / std::string(names::k_marker_directory);
  std::filesystem::create_directories(markers);
  std::ofstream(markers / "exit-7") << "on purpose\n";
  EXPECT_EQ(tidy(find_dead_runs(tree_)).directories, 2U);
  EXPECT_FALSE(std::filesystem::exists(scratch / "1"));
  EXPECT_FALSE(std::filesystem::exists(scratch / "2"));
  EXPECT_TRUE(std::filesystem::exists(scratch / "3/core"));
  EXPECT_TRUE(std::filesystem::exists(markers / "exit-7"));
  std::filesystem::remove_all(scratch / "4");
  std::filesystem::remove(scratch / "3/core");
  EXPECT_EQ(tidy(find_dead_runs(tree_)).directories, 2U) << "the last one, and that of all";
  EXPECT_FALSE(std::filesystem::exists(scratch));
}

TEST_F(LostKeeper, ARunWhoseTreeWasCopiedIsNotTouched) {
  const std::filesystem::path copy = tree_ / "copy";
  std::filesystem::create_directories(copy / ".holdfast/runs");
  std::filesystem::copy(tree_ / ".holdfast/runs" / k_run, copy / ".holdfast/runs" / k_run,
                        std::filesystem::copy_options::recursive);
  EXPECT_TRUE(find_dead_runs(copy).empty());
}

TEST_F(LostKeeper, JobsThatNoNodeHasReadGoAndNothingElseOfTheirs) {
  (void)tidy(find_dead_runs(tree_));
  const std::filesystem::path far = journal().parent_path() / names::k_far_directory;
  std::filesystem::create_directories(far);
  for (const char* name : {"r.1.job", "r.2.job.part", "r.1.control"}) std::ofstream(far / name);
  std::filesystem::create_directory(far / "r.3.job");
  const Tidied done = tidy(find_dead_runs(tree_));
  EXPECT_EQ(done.runs, 1U);
  EXPECT_EQ(done.far_jobs, 2U);
  ASSERT_EQ(done.troubles.size(), 1U) << "a directory is no job, and stays";
  EXPECT_NE(done.troubles[0].find("r.3.job"), std::string::npos) << done.troubles[0];
  EXPECT_FALSE(std::filesystem::exists(far / "r.1.job"));
  EXPECT_FALSE(std::filesystem::exists(far / "r.2.job.part"));
  EXPECT_TRUE(std::filesystem::exists(far / "r.1.control"));
}

TEST_F(LostKeeper, OfWhatPeopleStartedTheEndIsRecordedToo) {
  const std::filesystem::path from = journal().parent_path();
  const std::filesystem::path to = tree_ / directory_of(RunsOf::people) / k_run;
  std::filesystem::create_directories(to.parent_path());
  std::filesystem::rename(from, to);
  EXPECT_EQ(tidy(find_dead_runs(tree_)).ends, 1U);
  EXPECT_TRUE(end_record(to / "journal.jsonl"));
}

TEST_F(LostKeeper, IsSettledByItsFirstReaderWhenItIsOver) {
  const RunEntry run{k_run, journal().parent_path(), journal()};
  EXPECT_TRUE(settle(run));
  const std::optional<RunEnded> end = end_record(journal());
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->complete);
  const auto size = std::filesystem::file_size(journal());
  EXPECT_TRUE(settle(run));
  EXPECT_EQ(std::filesystem::file_size(journal()), size);
}

TEST_F(LostKeeper, IsNotSettledWhileItsCtestLives) {
  begin_anew([](RunStarted& started) { started.ctest = os::own_name(); });
  const auto size = std::filesystem::file_size(journal());
  EXPECT_FALSE(settle({k_run, journal().parent_path(), journal()}));
  EXPECT_EQ(std::filesystem::file_size(journal()), size);
  EXPECT_TRUE(find_dead_runs(tree_).empty());
}

TEST_F(LostKeeper, TheLogIsWhereItsCtestLookedForItsTests) {
  begin_anew([&](RunStarted& started) { started.directory = (tree_ / "sub").string(); });
  const RunEntry run{k_run, journal().parent_path(), journal()};
  EXPECT_FALSE(told_by_log(run)) << "that of the tree is another one's";
  std::filesystem::create_directories(tree_ / "sub/Testing/Temporary");
  std::ofstream(tree_ / "sub/Testing/Temporary/LastTest_of_another.log")
      << k_head << entry(1, 1, "t1", "", "Test Passed.", "another") << k_foot;
  std::filesystem::rename(tree_ / "Testing/Temporary/LastTest.log",
                          tree_ / "sub/Testing/Temporary/LastTest_tag.log");
  const Result<ToldByLog> told = told_by_log(run);
  ASSERT_TRUE(told) << to_text(told.error());
  EXPECT_EQ(std::count(told->verdicts.begin(), told->verdicts.end(), '\n'), k_tests);
}

TEST_F(LostKeeper, WithoutAWordOrWithAnotherRunsLogNothingIsTold) {
  const RunEntry run{k_run, journal().parent_path(), journal()};
  const os::UniqueFd log(
      ::open((tree_ / "Testing/Temporary/LastTest.log").c_str(), O_WRONLY | O_CLOEXEC));
  begin_anew([](RunStarted&) {}, "another");
  EXPECT_EQ(to_text(told_by_log(run).error()),
            "failed to take the rest from ctest's log: none of this run is in " +
                (tree_ / "Testing/Temporary").string());
  EXPECT_EQ(to_text(finish_at_end(run, os::own_name()).error()),
            "failed to take the rest from ctest's log: ctest has another one open");
  begin_anew([](RunStarted&) {}, "");
  EXPECT_EQ(to_text(finish_at_end(run, os::own_name()).error()),
            "failed to take the rest from ctest's log: it is not known that a test began");
  EXPECT_FALSE(end_record(journal()));
}

TEST_F(LostKeeper, AtTheEndOfCtestNothingIsRecordedWhileATestIsEnding) {
  const FakeSupervisors fakes;
  const os::UniqueFd log(
      ::open((tree_ / "Testing/Temporary/LastTest.log").c_str(), O_WRONLY | O_CLOEXEC));
  const RunEntry run{k_run, journal().parent_path(), journal()};
  {
    const os::Child guard = fakes.start(os::k_guard_title, k_run + ".1");
    EXPECT_EQ(to_text(finish_at_end(run, os::own_name()).error()),
              "a test of this run is still ending");
    EXPECT_FALSE(end_record(journal()));
  }
  EXPECT_TRUE(finish_at_end(run, os::own_name()));
}

// Its numbers mean nothing here: who has the tree shows whether it is at work.
TEST_F(LostKeeper, OfAnotherPidNamespaceIsOneThatDoesNotHaveTheTree) {
  const std::string there = std::string(os::boot_in(os::numbering_id())) + "/pid:[7]";
  begin_anew([&](RunStarted& started) { started.boot = there; });
  {
    Result<os::LockRequest> lock = open_tree_lock(tree_.string(), names::k_run_lock_directory,
                                                  {.name = "run", .scope = LockScope::build});
    ASSERT_TRUE(lock && lock->try_take());
    LockParty party;
    party.process = ctest_;
    party.boot = there;
    lock->sign(party);
    EXPECT_TRUE(find_dead_runs(tree_).empty());
  }
  const std::filesystem::path file = tree_ / ".holdfast/run-lock/lock";
  std::filesystem::rename(file, tree_ / "moved");
  std::filesystem::create_symlink(tree_ / "moved", file);
  EXPECT_TRUE(find_dead_runs(tree_).empty()) << "nobody knows who has the tree";
  std::filesystem::remove(file);
  std::filesystem::rename(tree_ / "moved", file);
  const std::vector<DeadRun> dead = find_dead_runs(tree_);
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_TRUE(dead[0].is_of_others_numbers);
  EXPECT_EQ(dead[0].unended.size(), static_cast<std::size_t>(k_tests));
}

}  // namespace
}  // namespace holdfast
