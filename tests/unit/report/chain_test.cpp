#include "report/time/run_time.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

Attempt ran(double begin, double end, std::vector<std::string> locks = {}) {
  Attempt attempt;
  attempt.has_ended = true;
  attempt.started = begin;
  attempt.ended = end;
  attempt.wall_s = end - begin;
  attempt.outcome = Outcome::passed;
  attempt.locks = std::move(locks);
  return attempt;
}

TestReport test_of(const std::string& name, std::vector<Attempt> attempts,
                   TestSchedule schedule = {}) {
  TestReport test;
  test.name = name;
  test.attempts = std::move(attempts);
  test.schedule = std::move(schedule);
  return test;
}

TestSchedule depends(std::vector<std::string> names) { return {.depends = std::move(names)}; }

using Names = std::vector<std::string>;

void expect_chain(const std::vector<TestReport>& tests, double seconds, const Names& names) {
  const Chain chain = longest_chain(tests);
  EXPECT_DOUBLE_EQ(chain.seconds, seconds);
  EXPECT_EQ(chain.tests, names);
}

TEST(Chain, ThereIsNoneWithoutTests) { expect_chain({}, 0, {}); }

TEST(Chain, OfTestsWithoutOrderItIsTheLongestTest) {
  expect_chain({test_of("a", {ran(0, 2)}), test_of("b", {ran(2, 5)}), test_of("c", {ran(5, 6)})}, 3,
               {"b"});
}

TEST(Chain, DependsMakesOneAndTheLongestCounts) {
  const std::vector<TestReport> tests = {
      test_of("last", {ran(7, 8)}, depends({"mid", "short", "no such test"})),
      test_of("first", {ran(0, 3)}), test_of("mid", {ran(3, 6)}, depends({"first"})),
      test_of("short", {ran(0, 1)}), test_of("other", {ran(0, 5)})};
  expect_chain(tests, 7, {"first", "mid", "last"});
}

TEST(Chain, FixturesMakeOneFromSetupThroughItsUsersToCleanup) {
  const std::vector<TestReport> tests = {test_of("up", {ran(0, 2)}, {.setup = {"db"}}),
                                         test_of("quick", {ran(2, 3)}, {.required = {"db"}}),
                                         test_of("slow", {ran(2, 6)}, {.required = {"db"}}),
                                         test_of("down", {ran(6, 7)}, {.cleanup = {"db"}}),
                                         test_of("other", {ran(7, 9)}, {.required = {"another"}})};
  expect_chain(tests, 7, {"up", "slow", "down"});
}

TEST(Chain, AFixtureThatNobodyUsesIsCleanedUpAfterItsSetup) {
  expect_chain({test_of("up", {ran(0, 2)}, {.setup = {"db"}}),
                test_of("down", {ran(2, 3)}, {.cleanup = {"db"}})},
               3, {"up", "down"});
}

TEST(Chain, AnExclusiveLockMakesOneInTheOrderOfThisRun) {
  const std::vector<TestReport> tests = {test_of("b", {ran(4, 6, {"db@project"})}),
                                         test_of("a", {ran(0, 4, {"db@project"})}),
                                         test_of("c", {ran(6, 9, {"db@user"})})};
  expect_chain(tests, 6, {"a", "b"});
}

TEST(Chain, WhoSharesALockFollowsOnlyThoseWhoHadItToThemselves) {
  const std::vector<TestReport> tests = {test_of("r1", {ran(0, 2, {"db:shared@project"})}),
                                         test_of("r2", {ran(2, 4, {"db:shared@project"})}),
                                         test_of("w", {ran(4, 5, {"db@project"})}),
                                         test_of("r3", {ran(5, 9, {"db:shared@project"})})};
  expect_chain(tests, 7, {"r1", "w", "r3"});
}

TEST(Chain, CountedLocksAndUnreadableOnesMakeNone) {
  const std::vector<TestReport> tests = {test_of("a", {ran(0, 2, {"gpu:1/2@project", "::", ""})}),
                                         test_of("b", {ran(2, 5, {"gpu:1/2@project", "::", ""})})};
  expect_chain(tests, 3, {"b"});
}

TEST(Chain, ATestThatRunsAloneFollowsAllAndIsFollowedByAll) {
  const std::vector<TestReport> tests = {test_of("a", {ran(0, 2)}),
                                         test_of("alone", {ran(2, 3)}, {.serial = true}),
                                         test_of("b", {ran(3, 6)})};
  expect_chain(tests, 6, {"a", "alone", "b"});
}

TEST(Chain, AttemptsOfATestFollowEachOtherAndLocksMayPassBetweenThem) {
  const std::vector<TestReport> tests = {
      test_of("a", {ran(0, 1, {"db@project"}), ran(2, 3, {"db@project"})}),
      test_of("b", {ran(1, 2, {"db@project"})}),
      test_of("c", {ran(3, 4), ran(4, 5)}, depends({"a"}))};
  expect_chain(tests, 5, {"a", "b", "a", "c"});
}

TEST(Chain, NamesInACircleAndWhatBeganTooEarlyMakeNone) {
  const std::vector<TestReport> circle = {test_of("a", {ran(0, 2)}, depends({"b"})),
                                          test_of("b", {ran(0, 3)}, depends({"a"})),
                                          test_of("c", {ran(0, 1)}, depends({"c"}))};
  expect_chain(circle, 3, {"b"});
}

TEST(Chain, AnAttemptThatNeverEndedOrNeverRanIsInNone) {
  Attempt cut = ran(0, 9);
  cut.has_ended = false;
  cut.ended.reset();
  Attempt without_lock = ran(1, 1, {"db@project"});
  without_lock.lock_wait_s = 1;
  const std::vector<TestReport> tests = {
      test_of("cut", {cut}), test_of("a", {ran(0, 1, {"db@project"})}, depends({"cut"})),
      test_of("refused", {without_lock}), test_of("b", {ran(1, 3, {"db@project"})})};
  expect_chain(tests, 3, {"a", "b"});
}

TEST(Chain, ALockIsHeldWhenTheWaitForItIsOverGiveOrTakeARounding) {
  Attempt waited = ran(0, 4, {"db@project"});
  waited.lock_wait_s = 1.999;
  waited.wall_s = 2;
  expect_chain({test_of("a", {ran(0, 2, {"db@project"})}), test_of("b", {waited})}, 4, {"a", "b"});
}

TEST(Chain, OfAKilledLauncherTheTimeOfTheRecordsCounts) {
  Attempt killed = ran(1, 5);
  killed.wall_s = 0;
  expect_chain({test_of("a", {ran(0, 1)}), test_of("b", {killed}, depends({"a"}))}, 5, {"a", "b"});
}

}  // namespace
}  // namespace holdfast
