#include "cleanup/reap.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "cleanup/marked_shell.hpp"
#include "journal/journal_reader.hpp"
#include "journal/records.hpp"
#include "journal/run_directory.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"
#include "run/fake_supervisors.hpp"

namespace holdfast {
namespace {

// A tree with runs, each of a ctest that is dead unless the run says otherwise.
class LastRun : public testing::Test {
 protected:
  // `complete`: as its end says; nothing: it has no end.
  void add(int number, std::optional<bool> complete, RunsOf whose = RunsOf::ctest,
           const ProcessName& ctest = dead_process()) const {
    const std::string id = std::to_string(number) + "-20261120-085400-7";
    const std::filesystem::path run = tree_ / directory_of(whose) / id;
    std::filesystem::create_directories(run);
    RunStarted started;
    started.at = 1'700'000'000;
    started.run = id;
    started.tree = tree_.string();
    started.boot = os::numbering_id();
    started.ctest = ctest;
    std::ofstream journal(run / "journal.jsonl");
    journal << line_of(started);
    if (!complete) return;
    RunEnded end;
    end.at = 1'700'000'001;
    end.run = id;
    end.complete = *complete;
    journal << line_of(end);
  }
  bool ended_well() const { return last_run_ended_well(tree_); }

  os::Scratch scratch_;
  std::filesystem::path tree_ = scratch_.path();
};

TEST_F(LastRun, EndedWellIfItsEndIsOnRecordAsComplete) {
  EXPECT_TRUE(ended_well());
  add(1, false);
  EXPECT_FALSE(ended_well());
  add(2, true);
  EXPECT_TRUE(ended_well());
  add(3, std::nullopt);
  EXPECT_FALSE(ended_well());
}

TEST_F(LastRun, IsNotOneThatIsAtWork) {
  add(1, true);
  add(2, std::nullopt, RunsOf::ctest, os::own_name());
  EXPECT_TRUE(ended_well());
}

TEST_F(LastRun, MayBeOneThatPeopleStarted) {
  add(1, true);
  add(1, std::nullopt, RunsOf::people);
  EXPECT_FALSE(ended_well());
  add(2, true, RunsOf::people);
  EXPECT_TRUE(ended_well());
}

TEST(LeftBehind, IsDescribedInOneLineWithTheFirstFive) {
  std::vector<LeftBehind> left{{{12, "sleep"}, "t", "1-x"}};
  EXPECT_EQ(describe(left), "1 process: sleep (pid 12, test \"t\", run 1-x)");
  left.push_back({{13, "cat"}, "u", "2-x"});
  EXPECT_EQ(describe(left),
            "2 processes: sleep (pid 12, test \"t\", run 1-x), cat (pid 13, test \"u\", run 2-x)");
  for (int i = 0; i < 3; ++i) left.push_back({{20 + i, "dd"}, "u", "2-x"});
  EXPECT_TRUE(describe(left).ends_with("dd (pid 22, test \"u\", run 2-x)")) << describe(left);
  left.push_back({{30, "dd"}, "u", "2-x"});
  EXPECT_TRUE(describe(left).ends_with("dd (pid 22, test \"u\", run 2-x), and 1 more"))
      << describe(left);
}

// A run whose ctest, keeper, launchers and guards are dead, and what one of its attempts has left.
class LeftBehindTest : public testing::Test {
 protected:
  void begin_run(RunsOf whose = RunsOf::ctest, const std::string& tree = {},
                 const std::string& boot = os::numbering_id(),
                 const ProcessName& ctest = dead_process()) {
    const std::filesystem::path run = tree_ / directory_of(whose) / run_;
    std::filesystem::create_directories(run);
    journal_ = run / "journal.jsonl";
    RunStarted started;
    started.at = 1'700'000'000;
    started.run = run_;
    started.tree = tree.empty() ? tree_.string() : tree;
    started.boot = boot;
    started.ctest = ctest;
    std::ofstream(journal_) << line_of(started) << R"({"v":1,"type":"attempt_started","at":1,)"
                            << R"("attempt":")" << attempt_
                            << R"(","test":"t","key":"k","n":1,"launcher":{"pid":4000001,)"
                            << R"("start":7}})"
                            << "\n";
  }
  void end_attempt() const {
    std::ofstream(journal_, std::ios::app)
        << R"({"v":1,"type":"attempt_ended","at":2,"attempt":")" << attempt_
        << R"(","test":"t","key":"k","n":1,"outcome":"passed","exit_code":0})"
        << "\n";
  }
  std::vector<LeftBehind> found(LetGo let_go = LetGo::end) const {
    return find_left_behind({tree_, let_go, Milliseconds{0}});
  }

  os::Scratch scratch_;
  std::filesystem::path tree_ = std::filesystem::canonical(scratch_.path());
  std::filesystem::path journal_;
  const std::string run_ = "1-20261120-085400-" + std::to_string(::getpid());
  const std::string attempt_ = run_ + ".1";
};

TEST_F(LeftBehindTest, IsFoundWithItsTestAndItsRunAndToldToEnd) {
  begin_run();
  MarkedShell left(attempt_, "trap 'exit 4' INT");
  MarkedShell bystander("");
  ASSERT_EQ(found().size(), 1U);
  EXPECT_EQ(found()[0].process.pid, left.pid());
  EXPECT_EQ(found()[0].test, "t");
  EXPECT_EQ(found()[0].run, run_);
  const Reaped reaped = reap_left_behind({tree_, LetGo::end, Milliseconds{20'000}});
  ASSERT_EQ(reaped.found.size(), 1U);
  EXPECT_EQ(reaped.found[0].process.pid, left.pid());
  EXPECT_TRUE(reaped.survivors.empty());
  EXPECT_EQ(left.child().wait(), 4);
  EXPECT_TRUE(os::is_alive(process_of(bystander.child())));
  EXPECT_TRUE(found().empty());
}

TEST_F(LeftBehindTest, OfWhatPeopleStartedIsFoundToo) {
  begin_run(RunsOf::people);
  const MarkedShell left(attempt_);
  EXPECT_EQ(found().size(), 1U);
}

TEST_F(LeftBehindTest, IsNothingWhereNobodyKnowsThatItsRunIsDead) {
  const MarkedShell left(attempt_);
  EXPECT_TRUE(found().empty()) << "there is no journal";
  begin_run(RunsOf::ctest, "/of/another/tree");
  EXPECT_TRUE(found().empty());
  begin_run(RunsOf::ctest, {}, os::numbering_id() + "/pid:[7]");
  EXPECT_TRUE(found().empty());
  begin_run(RunsOf::ctest, {}, os::numbering_id(), {0, 0});
  EXPECT_TRUE(found().empty());
  begin_run();
  EXPECT_EQ(found().size(), 1U);
}

TEST_F(LeftBehindTest, ByATestThatHasEndedIsSparedWhereThatIsAskedForOrCtestLives) {
  const MarkedShell left(attempt_);
  begin_run();
  end_attempt();
  EXPECT_EQ(found(LetGo::end).size(), 1U);
  EXPECT_TRUE(found(LetGo::spare).empty());
  begin_run(RunsOf::ctest, {}, os::numbering_id(), os::own_name());
  EXPECT_EQ(found().size(), 1U) << "it has not ended, and nobody looks after it";
  end_attempt();
  EXPECT_TRUE(found().empty());
}

TEST_F(LeftBehindTest, IsLeftToAGuardThatIsThere) {
  const FakeSupervisors fakes;
  const MarkedShell left(attempt_);
  begin_run(RunsOf::ctest, {}, os::numbering_id(), fakes.ctest());
  EXPECT_EQ(found().size(), 1U);
  const os::Child guard = fakes.start(os::k_guard_title, "r.1");
  EXPECT_TRUE(found().empty());
}

}  // namespace
}  // namespace holdfast
