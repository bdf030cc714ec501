#include "run/run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <variant>

#include "journal/journal_reader.hpp"
#include "journal/records.hpp"
#include "os/scratch.hpp"
#include "run/heard_stderr.hpp"
#include "run/nowhere.hpp"

namespace holdfast {
namespace {

class CurrentRunTest : public testing::Test {
 protected:
  RunLines lines_{k_no_ctest};
  CurrentRun run_{origin_nowhere(), lines_};
};

TEST_F(CurrentRunTest, BeginsWithItsFirstTest) {
  EXPECT_EQ(run_.current(), nullptr);
  EXPECT_FALSE(run_.is_over_at(1));
  EXPECT_EQ(run_.id(), "");
  const std::string id = run_.at(1).id();
  EXPECT_NE(run_.current(), nullptr);
  EXPECT_EQ(run_.at(1).id(), id);
  EXPECT_EQ(run_.id(), id);
}

TEST_F(CurrentRunTest, IsOverWhenCtestHasReadItsTestsAnew) {
  run_.at(1);
  EXPECT_FALSE(run_.is_over_at(1));
  EXPECT_TRUE(run_.is_over_at(2));
}

TEST_F(CurrentRunTest, BegunBeforeAnyTestBelongsToTheFirstThatComes) {
  run_.at(k_count_not_known);
  EXPECT_FALSE(run_.is_over_at(3));
  run_.at(3);
  EXPECT_TRUE(run_.is_over_at(4));
}

TEST_F(CurrentRunTest, IsOverForEveryTestAfterHoldfastEnd) {
  run_.at(1);
  (void)run_.finish_for_end();
  EXPECT_TRUE(run_.is_over_at(1));
}

TEST_F(CurrentRunTest, IsBegunByHoldfastEndIfThereWasNoTest) {
  (void)run_.finish_for_end();
  EXPECT_NE(run_.current(), nullptr);
  EXPECT_TRUE(run_.is_over_at(k_count_not_known));
}

TEST_F(CurrentRunTest, EachRunOfACtestHasItsNumber) {
  run_.at(1);
  run_.close(holdfast::Run::Completeness::complete);
  EXPECT_EQ(run_.current(), nullptr);
  EXPECT_FALSE(run_.is_over_at(1));
  EXPECT_EQ(run_.include_count(), k_count_not_known);
  EXPECT_TRUE(run_.at(2).id().ends_with("-4711-2"));
}

TEST_F(CurrentRunTest, ThoseThatNobodyHasRememberedAreKnownWhenCtestHasEnded) {
  const std::string first = run_.at(1).id();
  run_.close(holdfast::Run::Completeness::complete);
  run_.at(2);
  run_.note_remembered();
  run_.close(holdfast::Run::Completeness::complete);
  EXPECT_EQ(run_.first_closed(), first);
  EXPECT_EQ(run_.last_closed(), first);
  const std::string third = run_.at(3).id();
  run_.close(holdfast::Run::Completeness::complete);
  EXPECT_EQ(run_.first_closed(), first);
  EXPECT_EQ(run_.last_closed(), third);
}

// Nobody starts `holdfast end`, which would say so otherwise.
TEST(CurrentRunInATree, SaysThatOtherTestsRanThanWereChosen) {
  const HeardStderr ctest;
  const os::Scratch tree;
  RunOrigin origin = origin_nowhere();
  origin.tree = tree.path();
  PlannedRecord chosen;
  chosen.is_own = true;
  chosen.tests = {"t"};
  origin.planned = line_of(chosen);
  RunLines lines(ctest.process());
  CurrentRun run(origin, lines);
  run.at(1);
  std::ofstream(run.journal(), std::ios::app)
      << R"({"v":1,"type":"attempt_ended","at":1,"attempt":"r.1","test":"u","key":"k","n":1,)"
      << R"("outcome":"passed"})"
      << "\n";
  EXPECT_EQ(ctest.heard(), "");
  run.close(holdfast::Run::Completeness::complete);
  EXPECT_EQ(ctest.heard(),
            "holdfast: the list of tests has changed since tests were chosen; not chosen, but "
            "started: \"u\"; start it again\n");
}

TEST(CurrentRunInATree, EndsOnceHoweverOftenHoldfastEndComes) {
  const os::Scratch tree;
  RunOrigin origin = origin_nowhere();
  origin.tree = tree.path();
  RunLines lines(k_no_ctest);
  CurrentRun run(origin, lines);
  run.at(1);
  const std::string journal = run.journal();
  const std::string summary = run.finish_for_end();
  EXPECT_NE(summary, "");
  EXPECT_EQ(run.finish_for_end(), summary);
  run.close(holdfast::Run::Completeness::complete);
  const Result<Journal> read = read_journal(std::filesystem::path(journal));
  ASSERT_TRUE(read);
  EXPECT_EQ(std::ranges::count_if(
                read->records,
                [](const Record& record) { return std::holds_alternative<RunEnded>(record); }),
            1);
}

TEST_F(CurrentRunTest, WithoutALogOnlyHoldfastEndCouldSayThatAllTestsHaveEnded) {
  EXPECT_TRUE(run_.has_all_tests());
  run_.at(1);
  EXPECT_FALSE(run_.has_all_tests());
  (void)run_.finish_for_end();
  EXPECT_TRUE(run_.has_all_tests());
}

TEST_F(CurrentRunTest, SaysOnceThatItCannotBeRecorded) {
  run_.at(1);
  const std::string said = lines_.take_summary("");
  EXPECT_TRUE(said.starts_with("holdfast: ignoring that this run cannot be recorded")) << said;
  (void)run_.finish_for_end();
  run_.close(holdfast::Run::Completeness::complete);
  run_.at(2);
  EXPECT_EQ(lines_.take_summary(""), "");
}

TEST_F(CurrentRunTest, LooksForALogUntilItHasLookedOnce) {
  EXPECT_FALSE(run_.may_have_log());
  run_.at(1);
  EXPECT_TRUE(run_.may_have_log());
  run_.take_log([] { return false; });
  EXPECT_TRUE(run_.may_have_log());
  run_.take_log([] { return true; });
  EXPECT_FALSE(run_.may_have_log());
  run_.close(holdfast::Run::Completeness::complete);
  run_.at(2);
  EXPECT_TRUE(run_.may_have_log());
}

}  // namespace
}  // namespace holdfast
