#include "attempt/grant.hpp"

#include "journal/records.hpp"
#include "journal/scratch_directory.hpp"

#include <gtest/gtest.h>

namespace holdfast::supervision {
namespace {

// The journals of a tree whose runs were of this ctest, unless something else is said.
class LeftRun : public testing::Test {
 protected:
  std::string began(const std::string& run, std::int64_t start = 99) {
    RunStarted started{1, run, "/t"};
    started.ctest = {17, static_cast<std::uint64_t>(start)};
    return tree_.write(".holdfast/runs/" + run + "/journal.jsonl", line_of(started)).string();
  }
  std::string found() {
    Attach attach;
    attach.ctest = {17, 99};
    attach.tree = tree_.path().string();
    return journal_of_left_run(attach);
  }
  static void end(const std::string& journal) {
    std::ofstream(journal, std::ios::app) << line_of(RunEnded{2, "r", true});
  }

  ScratchDirectory tree_;
};

TEST_F(LeftRun, IsTheNewestOfThisCtest) {
  EXPECT_EQ(found(), "");
  began("9-20261120-084053-17", 98);  // an earlier ctest of that pid
  EXPECT_EQ(found(), "");
  began("10-20261120-084054-17");
  const std::string second = began("11-20261120-084055-17-2");
  began("12-20261120-084056-18", 12);
  EXPECT_EQ(found(), second);
  tree_.write(".holdfast/runs/13-20261120-084057-17/output/a.log", "");
  EXPECT_EQ(found(), second) << "whoever made the directory has not begun a journal";
}

TEST_F(LeftRun, IsNoneThatHasEnded) {
  end(began("10-20261120-084054-17"));
  EXPECT_EQ(found(), "");
  const std::string next = began("11-20261120-084055-17");
  EXPECT_EQ(found(), next);
  // The earlier run is another part of the script.
  end(next);
  EXPECT_EQ(found(), "");
}

// Attempts whose guards ended later come behind the end of the run.
TEST_F(LeftRun, ThatIsLongHasEndedIfItsLastPartSaysSo) {
  const std::string journal = began("10-20261120-084054-17");
  const auto fill = [&] {
    std::ofstream file(journal, std::ios::app);
    for (int i = 0; i < 1000; ++i) file << std::string(99, 'x') << '\n';
  };
  fill();
  EXPECT_EQ(found(), journal);
  end(journal);
  EXPECT_EQ(found(), "");
  std::ofstream(journal, std::ios::app) << std::string(999, 'x') << '\n';
  EXPECT_EQ(found(), "");
}

// A test may print what looks like one.
TEST_F(LeftRun, IsKnownByItsFirstRecordAlone) {
  const std::string journal = began("10-20261120-084054-17", 98);
  RunStarted another{1, "r", "/t"};
  another.ctest = {17, 99};
  std::ofstream(journal, std::ios::app) << line_of(another);
  EXPECT_EQ(found(), "");
}

}  // namespace
}  // namespace holdfast::supervision
