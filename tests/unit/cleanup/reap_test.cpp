#include "cleanup/reap.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>

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

}  // namespace
}  // namespace holdfast
