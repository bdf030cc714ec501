#include "keeper/run/attempt_grants.hpp"

#include <gtest/gtest.h>

#include "../os/scratch.hpp"
#include "nowhere.hpp"

namespace holdfast {
namespace {

class FurtherAttempts : public testing::Test {
 protected:
  FurtherAttempts() {
    RunOrigin origin = origin_nowhere();
    origin.retries.budget = 1;
    run_ = begun(origin);
    asker_.key = "key";
    asker_.attempt = run_.next_attempt();
    question_.kind = wire::k_again;
  }

  RunLines lines_{k_no_ctest};
  holdfast::Run run_ = begun();
  Connection asker_;
  wire::Message question_;
};

TEST_F(FurtherAttempts, HaveNamesAndNumbersOfTheirOwn) {
  const wire::Message answer = answer_again(question_, asker_, run_, lines_);
  EXPECT_EQ(answer.kind, wire::k_again);
  EXPECT_EQ(answer.get("attempt"), run_.id() + ".2");
  EXPECT_EQ(answer.get("why"), "");
  EXPECT_EQ(asker_.attempt, run_.id() + ".2");
  EXPECT_EQ(asker_.n, 2U);
}

TEST_F(FurtherAttempts, ComeToAnEndWithTheRunsBudget) {
  (void)answer_again(question_, asker_, run_, lines_);
  const wire::Message answer = answer_again(question_, asker_, run_, lines_);
  EXPECT_EQ(answer.get("why"), "the run's retry-budget of 1 further attempt is spent");
  EXPECT_EQ(answer.get("attempt"), "");
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
  origin.retries.budget = 2;
  run_ = begun(origin);
  ASSERT_NE(run_.scratch(), nullptr);
  const std::string first = run_.scratch()->lend();
  asker_.scratch = first;
  const std::string second(answer_again(question_, asker_, run_, lines_).get("scratch_path"));
  EXPECT_NE(second, "");
  EXPECT_NE(second, first);
  EXPECT_EQ(asker_.scratch, second);
  question_.add("scratch", "reusable");
  EXPECT_EQ(answer_again(question_, asker_, run_, lines_).get("scratch_path"), second);
}

// Why the 20th test, which has failed too, is not tried again.
std::string why_not(int failed, std::string_view how_the_rest_came_out) {
  Run run = begun();
  RunLines lines(k_no_ctest);
  for (int i = 0; i < 19; ++i) {
    Connection other;
    other.key = std::to_string(i);
    wire::Message farewell(wire::k_farewell);
    farewell.add("came_out", i < failed ? "failed" : how_the_rest_came_out);
    note_farewell(farewell, other, run);
  }
  Connection asker;
  asker.key = "key";
  wire::Message question(wire::k_again);
  return std::string(answer_again(question, asker, run, lines).get("why"));
}

TEST_F(FurtherAttempts, StopWhereMostTestsSaidFarewellAsFailed) {
  EXPECT_EQ(why_not(19, ""), "20 of 20 tests have failed (retry-breaker 0.5)");
  EXPECT_EQ(why_not(10, "passed"), "11 of 20 tests have failed (retry-breaker 0.5)");
  EXPECT_EQ(why_not(9, "passed"), "");
  // Those say nothing about the run.
  EXPECT_EQ(why_not(10, "skipped"), "");
  EXPECT_EQ(why_not(10, ""), "");
}

}  // namespace
}  // namespace holdfast
