#include "history/history.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "journal/scratch_directory.hpp"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

constexpr double k_day = 24 * 3600;

class Absorb : public ::testing::Test {
 protected:
  void add_run(const std::string& id, double started) {
    const fs::path run = tree_ / ".holdfast/runs" / id;
    fs::create_directories(run);
    const auto at = [&](double later) { return std::to_string(started + later); };
    std::ofstream(run / "journal.jsonl")
        << R"({"v":1,"type":"run_started","at":)" << at(0) << R"(,"run":")" << id << "\"}\n"
        << R"({"v":1,"type":"attempt_ended","at":)" << at(1) << R"(,"attempt":")" << id
        << R"(.1","test":"a","key":"k","n":1,"outcome":"passed","exit_code":0,"wall_s":0.5})"
        << '\n'
        << R"({"v":1,"type":"verdict","at":)" << at(2)
        << R"(,"test":"a","verdict":"passed","key":"k","launched":true})" << '\n'
        << R"({"v":1,"type":"run_ended","at":)" << at(3) << R"(,"run":")" << id
        << R"(","complete":true})" << '\n';
  }

  // `tests`: so many more, of which only the verdicts are on record.
  void add_large_run(const std::string& id, double started, int tests) {
    add_run(id, started);
    std::ofstream journal(tree_ / ".holdfast/runs" / id / "journal.jsonl", std::ios::app);
    for (int i = 0; i < tests; ++i) {
      journal << R"({"v":1,"type":"verdict","at":1,"test":"t)" << i
              << R"(","verdict":"passed","ran":true})" << '\n';
    }
  }

  std::vector<std::string> absorbed(double now, const std::string& going_on = {}) {
    Result<History> history = History::open(directory_.path() / "h.sqlite");
    EXPECT_TRUE(history);
    const Result<std::vector<RunHead>> before = history->runs();
    const Result<std::size_t> added = absorb(
        tree_, *history, [&](const RunEntry& run) { return run.id == going_on; }, now);
    EXPECT_TRUE(added);
    std::vector<std::string> ids;
    const Result<std::vector<RunHead>> runs = history->runs();
    EXPECT_TRUE(runs);
    // Some that were there may be too old now.
    EXPECT_LE(runs->size(), before->size() + *added);
    EXPECT_EQ(*added > 0, *runs != *before);
    for (const RunHead& run : *runs) ids.push_back(run.id);
    return ids;
  }

  ScratchDirectory directory_;
  fs::path tree_ = directory_.path() / "tree";
};

using Ids = std::vector<std::string>;

TEST_F(Absorb, ARunIsAddedOnce) {
  add_run("1-a", 1000);
  EXPECT_EQ(absorbed(2000), Ids{"1-a"});
  EXPECT_EQ(absorbed(2000), Ids{"1-a"});
}

TEST_F(Absorb, WhatIsTooOldGoesWhenARunComes) {
  add_run("1-a", 1000);
  EXPECT_EQ(absorbed(2000), Ids{"1-a"});
  EXPECT_EQ(absorbed(300 * k_day), Ids{"1-a"});  // nothing has come
  fs::remove_all(tree_ / ".holdfast/runs/1-a");
  add_run("2-b", 200 * k_day);
  EXPECT_EQ(absorbed(300 * k_day), Ids{"2-b"});
}

TEST_F(Absorb, ARunWithoutTestsIsLeftOut) {
  add_run("1-a", 1000);
  const fs::path run = tree_ / ".holdfast/runs/2-b";
  fs::create_directories(run);
  std::ofstream(run / "journal.jsonl")
      << R"({"v":1,"type":"run_started","at":2000,"run":"2-b"})" << '\n'
      << R"({"v":1,"type":"run_ended","at":2001,"run":"2-b","complete":true})" << '\n';
  EXPECT_EQ(absorbed(3000), Ids{"1-a"});
}

// They are added in parts.
TEST_F(Absorb, RunsWithVeryManyResultsAreAllAdded) {
  add_large_run("1-a", 1000, 20'000);
  add_run("2-b", 2000);
  add_large_run("3-c", 3000, 20'000);
  EXPECT_EQ(absorbed(4000), (Ids{"1-a", "2-b", "3-c"}));
}

TEST_F(Absorb, ARunThatGoesOnIsAddedWhenItIsOver) {
  for (const char* id : {"1-a", "2-b", "3-c"}) add_run(id, 1000 * (id[0] - '0'));
  EXPECT_EQ(absorbed(4000, "2-b"), (Ids{"1-a", "3-c"}));
  EXPECT_EQ(absorbed(4000), (Ids{"1-a", "2-b", "3-c"}));
}

TEST_F(Absorb, AnotherRunOfTheSameIdIsAddedToo) {
  add_run("1-a", 1000);
  EXPECT_EQ(absorbed(4000), Ids{"1-a"});
  fs::remove_all(tree_ / ".holdfast/runs/1-a");  // a new tree at the same place
  add_run("1-a", 2000);
  EXPECT_EQ(absorbed(4000), (Ids{"1-a", "1-a"}));
}

TEST_F(Absorb, ARunThatATestStartedIsLeftOut) {
  add_run("1-a", 1000);
  add_run("2-b", 2000);
  const fs::path journal = tree_ / ".holdfast/runs/2-b/journal.jsonl";
  std::ofstream(journal)
      << R"({"v":1,"type":"run_started","at":2000,"run":"2-b","inside":"1-a"})"
         "\n"
         R"({"v":1,"type":"attempt_ended","at":2001,"attempt":"2-b.1","test":"a","key":"k","n":1,)"
         R"("outcome":"failed","exit_code":1,"wall_s":0.5})"
         "\n";
  EXPECT_EQ(absorbed(3000), Ids{"1-a"});
}

// The name of the directory counts, each time.
TEST_F(Absorb, ARunWhoseDirectoryHasAnotherNameIsAddedOnce) {
  add_run("1-a", 1000);
  fs::rename(tree_ / ".holdfast/runs/1-a", tree_ / ".holdfast/runs/2-moved");
  EXPECT_EQ(absorbed(3000), Ids{"2-moved"});
  EXPECT_EQ(absorbed(3000), Ids{"2-moved"});
}

// The words of the failure are read while the run's outputs are there.
TEST_F(Absorb, AFailureHasTheWordsOfItsOutput) {
  add_run("1-a", 1000);
  const fs::path run = tree_ / ".holdfast/runs/1-a";
  fs::create_directories(run / "output");
  std::ofstream(run / "output/ctest.log") << "/s/a.cpp:7: Failure\nExpected: x\n";
  std::ofstream(run / "journal.jsonl")
      << R"({"v":1,"type":"run_started","at":1000,"run":"1-a"})"
         "\n"
         R"({"v":1,"type":"attempt_ended","at":1001,"attempt":"1-a.1","test":"a","key":"k","n":1,)"
         R"("outcome":"failed","exit_code":1,"wall_s":0.5})"
         "\n"
         R"({"v":1,"type":"verdict","at":1002,"test":"a","verdict":"failed","key":"k","index":1,)"
         R"("output":[0,32],"log":"/gone/output/ctest.log"})"
         "\n";
  EXPECT_EQ(absorbed(2000), Ids{"1-a"});
  Result<History> history = History::open_existing(directory_.path() / "h.sqlite");
  ASSERT_TRUE(history);
  const Result<PastRun> past = history->load(history->runs()->front());
  ASSERT_TRUE(past);
  EXPECT_EQ(past->head.started, 1000);
  EXPECT_FALSE(past->head.complete);
  ASSERT_EQ(past->results.at(0).failures.size(), 1U);
  EXPECT_EQ(past->results[0].failures[0].signature, "a.cpp: Expected: x");
}

}  // namespace
}  // namespace holdfast
