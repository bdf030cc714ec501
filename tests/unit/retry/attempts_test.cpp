// What a runner makes of an attempt that is over. The test may be the keeper.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "attempt/started.hpp"
#include "os/file/clock.hpp"
#include "os/process/packet_socket.hpp"
#include "retry/test_run.hpp"
#include "settings/wire.hpp"
#include "values/held_locks.hpp"

namespace holdfast::exec {
namespace {

class Attempts : public testing::Test {
 protected:
  Attempts() {
    test_.invocation.line.loudness = Loudness::quiet;
    grant_.identity.test = "t";
    grant_.identity.attempt = "r.1";
    grant_.policy.retry.rules = *parse_retry_rules("any=5");
    runner_->begin(test_);
  }

  // The keeper answers a question that will be asked.
  void keeper_says(wire::Message::Fields fields) {
    if (!keeper_.connected()) {
      auto ends = os::packet_pair();
      ASSERT_TRUE(ends);
      keeper_ = supervision::KeeperLink(std::move(ends->first));
      its_end_ = std::move(ends->second);
    }
    ASSERT_TRUE(
        os::send_message(its_end_.get(), wire::Message(wire::Again::k_kind, std::move(fields))));
  }

  // The next attempt has ended with that code.
  std::optional<supervision::NextAttempt> exited(int code, Milliseconds native_end = k_longest) {
    ++grant_.identity.n;
    result_ = {};
    result_.observation.main = {ProcessEnd::Kind::exited, code};
    result_.outcome = outcome_of(result_.observation);
    return runner_->conclude({test_, native_end, supervision::LentScratch::used, result_});
  }

  supervision::Started started_{{"--test=t", "/bin/t"}, {supervision::k_attached}};
  supervision::TestAtHand test_{
      started_.invocation(), {{}, std::move(*os::SignalQueue::open()), {}}, {}, first_grant(), {}};
  supervision::Grant& grant_ = test_.grant;
  supervision::KeeperLink& keeper_ = test_.held.keeper;
  os::UniqueFd its_end_;
  supervision::AttemptResult result_;
  const std::unique_ptr<supervision::AttemptRunner> runner_ = test_runner();

 private:
  static supervision::Grant first_grant() {
    supervision::Grant grant;
    grant.identity.n = 0;
    return grant;
  }
};

TEST_F(Attempts, WithoutAKeeperHaveNamesAfterTheFirst) {
  const auto second = exited(3);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->attempt, "r.1.2");
  grant_.identity.attempt = second->attempt;
  const auto third = exited(3);
  ASSERT_TRUE(third);
  EXPECT_EQ(third->attempt, "r.1.3");
  EXPECT_FALSE(exited(0));
  EXPECT_TRUE(result_.is_flaky);
  EXPECT_EQ(result_.verdict, "passed");
  EXPECT_EQ(result_.retry, "flaky: passed on attempt 3");
  EXPECT_FALSE(result_.observation.flaky_fails);
}

TEST_F(Attempts, APassAfterAFailureFailsWhereSettingsSaySo) {
  grant_.policy.retry.flaky_result = FlakyResult::fail;
  ASSERT_TRUE(exited(3));
  EXPECT_FALSE(exited(0));
  EXPECT_TRUE(result_.is_flaky);
  EXPECT_TRUE(result_.observation.flaky_fails);
  EXPECT_EQ(result_.verdict, "failed");
  EXPECT_NE(result_.note.find("passed on attempt 2"), std::string::npos) << result_.note;
}

TEST_F(Attempts, APassAtOnceHasNothingToDoWithRetries) {
  grant_.policy.retry.flaky_result = FlakyResult::fail;
  EXPECT_FALSE(exited(0));
  EXPECT_FALSE(result_.is_flaky);
  EXPECT_EQ(result_.verdict, "passed");
  EXPECT_EQ(result_.retry, "");
}

TEST_F(Attempts, TheRunIsAskedWithTheDirectoryThatMayBeLentAgain) {
  keeper_says({{"question", "1"}, {"attempt", "r.2"}});
  result_.observation.main = {ProcessEnd::Kind::exited, 3};
  result_.outcome = outcome_of(result_.observation);
  ASSERT_TRUE(runner_->conclude({test_, k_longest, supervision::LentScratch::reusable, result_}));
  const os::ReceivedMessage heard = os::receive_message(its_end_.get());
  ASSERT_TRUE(heard.message);
  EXPECT_EQ(heard.message->kind, wire::Again::k_kind);
  EXPECT_EQ(heard.message->get("scratch"), "1");
}

// Everything may be red then, and each test would look around for seconds.
TEST_F(Attempts, NobodyLooksAroundAfterOneThatTheRunHasRefusedToTryAgain) {
  keeper_says({{"question", "1"}, {"attempt", "r.2"}, {"scratch_path", "/s/2"}});
  keeper_says({{"question", "2"}, {"why", "the budget is spent"}});
  const auto second = exited(3);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->attempt, "r.2");
  EXPECT_EQ(second->scratch, "/s/2");
  EXPECT_FALSE(exited(3));
  EXPECT_NE(result_.retry.find("the budget is spent"), std::string::npos) << result_.retry;
  EXPECT_TRUE(result_.forensics.empty());
}

// Its locks were refused, for example.
TEST_F(Attempts, OneThatNeverRanHasNoOutputOfAKnownFlake) {
  grant_.policy.retry.rules.clear();
  grant_.policy.retry.known.emplace_back().signature = "timed out";
  EXPECT_FALSE(exited(3));
  EXPECT_EQ(result_.verdict, "failed");
  EXPECT_FALSE(result_.is_flaky);
}

TEST_F(Attempts, HaveNoLongerThanCtestLeavesThem) {
  const Milliseconds native_end = os::monotonic_now() + Milliseconds{100'000};
  const auto second = exited(3, native_end);
  ASSERT_TRUE(second);
  Policy unlimited;
  EXPECT_EQ(runner_->wait(*second, unlimited, test_.around), 0);
  EXPECT_GT(unlimited.timeout.count(), 0) << "without a limit of its own";
  EXPECT_LT(unlimited.timeout, Milliseconds{100'000});
}

// Each attempt has its timeout to itself.
TEST_F(Attempts, OneThatWasShortenedDoesNotShortenTheNext) {
  const Milliseconds now = os::monotonic_now();
  Policy policy;
  policy.timeout = Milliseconds{50'000};
  policy.grace = Milliseconds{0};
  const auto second = exited(3, now + Milliseconds{30'000});
  ASSERT_TRUE(second);
  EXPECT_EQ(runner_->wait(*second, policy, test_.around), 0);
  EXPECT_LT(policy.timeout, Milliseconds{30'000});
  const auto third = exited(3, now + Milliseconds{600'000});
  ASSERT_TRUE(third);
  EXPECT_EQ(runner_->wait(*third, policy, test_.around), 0);
  EXPECT_EQ(policy.timeout, Milliseconds{50'000});
}

TEST_F(Attempts, NoneIsBegunThatCtestWouldEnd) {
  grant_.policy.retry.backoff = *parse_backoff("600s");
  EXPECT_FALSE(exited(3, os::monotonic_now() + Milliseconds{100'000}));
  EXPECT_NE(result_.retry.find("ctest ends the test in "), std::string::npos) << result_.retry;
  EXPECT_EQ(result_.verdict, "failed");
}

TEST_F(Attempts, NoneIsBegunWhereCtestLooksForAFailure) {
  test_.invocation.properties.until_fail = true;
  EXPECT_FALSE(exited(3));
  EXPECT_EQ(result_.retry, "not tried again: ctest repeats it until it fails");
}

TEST_F(Attempts, TheLastOneHasItsTreeToItselfAndTheOthersHaveNot) {
  grant_.policy.retry.rules = *parse_retry_rules("any=2");
  grant_.policy.retry.backoff = *parse_backoff("1ms");
  grant_.policy.retry.last_alone = true;
  Policy policy;
  policy.locks = {retry_alone_lock()};
  const auto second = exited(3);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->wait, Milliseconds{1});
  (void)runner_->wait(*second, policy, test_.around);
  EXPECT_FALSE(has_to_itself(policy.locks));
  const auto third = exited(3);
  ASSERT_TRUE(third);
  EXPECT_TRUE(third->alone);
  (void)runner_->wait(*third, policy, test_.around);
  EXPECT_TRUE(has_to_itself(policy.locks));
}

TEST_F(Attempts, AfterOneThatWasToldToEndThereIsNoneAndNobodyLooksAround) {
  ASSERT_TRUE(exited(3));
  result_ = {};
  result_.observation.main = {ProcessEnd::Kind::exited, 130};
  result_.pressed = 2;
  result_.outcome = outcome_of(result_.observation);
  EXPECT_FALSE(runner_->conclude({test_, k_longest, supervision::LentScratch::used, result_}));
  EXPECT_NE(result_.retry.find("it was told to end"), std::string::npos) << result_.retry;
  EXPECT_TRUE(result_.forensics.empty());
}

TEST_F(Attempts, WithoutANodeThereIsNoFurtherOne) {
  grant_.policy.retry.rules = *parse_retry_rules("node=3");
  result_.observation.node_lost = true;
  result_.has_no_node = true;
  result_.outcome = outcome_of(result_.observation);
  EXPECT_FALSE(runner_->conclude({test_, k_longest, supervision::LentScratch::used, result_}));
  EXPECT_NE(result_.retry.find("there is no node for it"), std::string::npos) << result_.retry;
}

// Only a rule for services tries it again.
TEST_F(Attempts, ALostServiceIsAReasonOfItsOwn) {
  grant_.policy.retry.rules = *parse_retry_rules("service=1");
  result_.observation.main = {ProcessEnd::Kind::exited, 3};
  result_.outcome = outcome_of(result_.observation);
  result_.services = result_.lost_services = {"db#1"};
  EXPECT_TRUE(runner_->conclude({test_, k_longest, supervision::LentScratch::used, result_}));
  EXPECT_NE(result_.retry.find("service=1"), std::string::npos) << result_.retry;
}

}  // namespace
}  // namespace holdfast::exec
