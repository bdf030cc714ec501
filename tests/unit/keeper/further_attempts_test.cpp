#include "keeper/attempt_grants.hpp"

#include <gtest/gtest.h>

#include "os/scratch.hpp"
#include "run/nowhere.hpp"

namespace holdfast {
namespace {

class FurtherAttempts : public testing::Test {
 protected:
  FurtherAttempts() {
    RunOrigin origin = origin_nowhere();
    origin.settings.retries.budget = 1;
    run_ = begun(origin);
    asker_.key = "key";
    asker_.attempt = run_.next_attempt();
  }

  RunLines lines_{k_no_ctest};
  holdfast::Run run_ = begun();
  Connection asker_;
  wire::Again question_;
};

TEST_F(FurtherAttempts, HaveNamesAndNumbersOfTheirOwn) {
  const wire::Again answer = answer_again(question_, asker_, run_, lines_);
  EXPECT_EQ(answer.attempt, run_.id() + ".2");
  EXPECT_EQ(answer.reason, "");
  EXPECT_EQ(asker_.attempt, run_.id() + ".2");
  EXPECT_EQ(asker_.n, 2U);
}

TEST_F(FurtherAttempts, ComeToAnEndWithTheRunsBudget) {
  (void)answer_again(question_, asker_, run_, lines_);
  const wire::Again answer = answer_again(question_, asker_, run_, lines_);
  EXPECT_EQ(answer.reason, "the run's retry-budget of 1 further attempt is spent");
  EXPECT_EQ(answer.attempt, "");
  EXPECT_EQ(asker_.n, 2U);
}

TEST_F(FurtherAttempts, LetGoOfWhatWasHeldForTheLastOne) {
  asker_.cgroup = "holdfast-1";
  asker_.is_stale = true;
  asker_.locks.emplace_back();
  (void)answer_again(question_, asker_, run_, lines_);
  EXPECT_EQ(asker_.cgroup, "");
  EXPECT_FALSE(asker_.is_stale);
  EXPECT_TRUE(asker_.locks.empty());
}

TEST_F(FurtherAttempts, GetTheLastOnesDirectoryOnlyIfThatIsEmpty) {
  const os::Scratch tree;
  RunOrigin origin = origin_nowhere();
  origin.tree = tree.path();
  origin.settings.retries.budget = 2;
  run_ = begun(origin);
  ASSERT_NE(run_.scratch(), nullptr);
  const std::string first = run_.scratch()->lend();
  asker_.scratch = first;
  const std::string second = answer_again(question_, asker_, run_, lines_).scratch;
  EXPECT_NE(second, "");
  EXPECT_NE(second, first);
  EXPECT_EQ(asker_.scratch, second);
  question_.is_scratch_empty = true;
  EXPECT_EQ(answer_again(question_, asker_, run_, lines_).scratch, second);
}

// Why the 20th test, which has failed too, is not tried again.
std::string why_not(int failed, wire::CameOut how_the_rest_came_out) {
  Run run = begun();
  RunLines lines(k_no_ctest);
  for (int i = 0; i < 19; ++i) {
    Connection other;
    other.key = std::to_string(i);
    note_farewell(i < failed ? wire::CameOut::failed : how_the_rest_came_out, other, run);
  }
  Connection asker;
  asker.key = "key";
  return answer_again({}, asker, run, lines).reason;
}

TEST_F(FurtherAttempts, StopWhereMostTestsSaidFarewellAsFailed) {
  EXPECT_EQ(why_not(19, wire::CameOut::not_said), "20 of 20 tests have failed (retry-breaker 0.5)");
  EXPECT_EQ(why_not(10, wire::CameOut::passed), "11 of 20 tests have failed (retry-breaker 0.5)");
  EXPECT_EQ(why_not(9, wire::CameOut::passed), "");
  // Those say nothing about the run.
  EXPECT_EQ(why_not(10, wire::CameOut::skipped), "");
  EXPECT_EQ(why_not(10, wire::CameOut::not_said), "");
}

}  // namespace
}  // namespace holdfast
