#include "retry/retry_decision.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Kind = ProcessEnd::Kind;
using Step = RetryDecision::Step;

constexpr std::size_t k_flake = 0;

AttemptResult passed() { return {}; }
AttemptResult skipped() {
  return {Outcome::failed, {Kind::exited, 77}, MirroredVerdict::skipped, false, {}};
}
AttemptResult exited(int code) {
  return {Outcome::failed, {Kind::exited, code}, MirroredVerdict::failed, false, {}};
}
AttemptResult known(int code) {
  return {Outcome::failed, {Kind::exited, code}, MirroredVerdict::failed, false, k_flake};
}
AttemptResult crashed() {
  return {Outcome::crashed, {Kind::signalled, 11}, MirroredVerdict::failed, false, {}};
}
AttemptResult timed_out() {
  return {Outcome::timed_out, {Kind::signalled, 9}, MirroredVerdict::failed, false, {}};
}
AttemptResult not_started(int error) {
  return {Outcome::launch_failed, {Kind::never_started, error}, MirroredVerdict::failed, false, {}};
}
AttemptResult ended(Outcome outcome) {
  return {outcome, {Kind::exited, 0}, MirroredVerdict::failed, false, {}};
}

AttemptResult told_to_end(AttemptResult result) {
  result.told_to_end = true;
  return result;
}

RetryPolicy policy(const char* rules) {
  RetryPolicy policy;
  policy.rules = *parse_retry_rules(rules);
  return policy;
}

std::string decide(const RetryPolicy& policy, std::vector<AttemptResult> attempts) {
  const RetryDecision decision = decide_retry({.policy = policy, .attempts = std::move(attempts)});
  return (decision.step == Step::again ? "again: " : "done: ") + decision.end + ": " +
         decision.reason;
}

TEST(RetryDecision, EveryEndAgainstEveryRule) {
  const char* spent = ": 1 further attempt is spent";
  const struct {
    const char* rules;
    std::vector<AttemptResult> attempts;
    std::string decision;
  } rows[] = {
      {"any=3", {passed()}, "done: exit 0: passed"},
      {"any=3", {skipped()}, "done: exit 77: skipped"},
      {"any=3", {exited(4), skipped()}, "done: exit 77: skipped"},
      {"", {exited(4)}, "done: exit 4: not tried again: no rule fits"},
      {"crash=2", {exited(4)}, "done: exit 4: not tried again: no rule fits"},
      {"exit:4=2", {exited(4)}, "again: exit 4: tried again at once (exit:4=2: 1 of 2)"},
      {"exit:4=2", {exited(4), exited(4)}, "again: exit 4: tried again at once (exit:4=2: 2 of 2)"},
      {"exit:4=2",
       {exited(4), exited(4), exited(4)},
       "done: exit 4: not tried again: exit:4=2: 2 further attempts are spent"},
      {"exit:4=2", {exited(4), exited(4), passed()}, "done: exit 0: flaky: passed on attempt 3"},
      {"exit:4=2", {exited(4), exited(5)}, "done: exit 5: not tried again: no rule fits"},
      // Each rule counts the attempts that it granted itself.
      {"exit:4=1,crash=1",
       {exited(4), crashed()},
       "again: crashed (signal 11): tried again at once (crash=1: 1 of 1)"},
      {"exit:4=1,crash=1",
       {exited(4), crashed(), exited(4)},
       std::string("done: exit 4: not tried again: exit:4=1") + spent},
      {"exit:4=1,any=1",
       {exited(5), exited(4)},
       "again: exit 4: tried again at once (exit:4=1: 1 of 1)"},
      {"exit:4=1,any=1",
       {exited(5), exited(6)},
       std::string("done: exit 6: not tried again: any=1") + spent},
      // If a rule is spent, a wider rule does not help.
      {"exit:4=1,any=9",
       {exited(4), exited(4)},
       std::string("done: exit 4: not tried again: exit:4=1") + spent},
      {"any=9,crash=0", {crashed()}, "done: crashed (signal 11): not tried again: crash=0"},
      {"timeout=1", {timed_out()}, "again: timed out: tried again at once (timeout=1: 1 of 1)"},
      {"launch=3",
       {not_started(2)},
       "done: not started: not tried again: a command that does not exist"},
      {"launch=3", {not_started(26)}, "again: not started: tried again at once (launch=3: 1 of 3)"},
      {"any=3",
       {ended(Outcome::interrupted)},
       "done: interrupted: not tried again: it was interrupted"},
      {"any=3", {told_to_end(exited(130))}, "done: exit 130: not tried again: it was told to end"},
      {"crash=3",
       {told_to_end(crashed())},
       "done: crashed (signal 11): not tried again: it was told to end"},
      {"any=3", {told_to_end(passed())}, "done: exit 0: passed"},
      {"any=3",
       {ended(Outcome::lock_timeout)},
       "done: lock_timeout: not tried again: its locks were not had in time"},
      {"any=3",
       {ended(Outcome::internal_error)},
       "done: internal_error: not tried again: Holdfast itself failed, or refused to run it"},
      {"any=3", {skipped(), passed()}, "done: exit 0: passed"},
      {"any=3",
       {ended(Outcome::interrupted), exited(4)},
       "again: exit 4: tried again at once (any=3: 1 of 3)"},
      {"any=3", {}, "done: : nothing was tried"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(decide(policy(row.rules), row.attempts), row.decision) << row.rules;
  }
}

TEST(RetryDecision, TheVerdictDecidesNotTheOutcome) {
  // WILL_FAIL: exit 4 has passed, and exit 0 has failed.
  AttemptResult inverted = exited(4);
  inverted.verdict = MirroredVerdict::passed;
  EXPECT_EQ(decide(policy("any=3"), {inverted}), "done: exit 4: passed");
  AttemptResult green = passed();
  green.verdict = MirroredVerdict::failed;
  EXPECT_EQ(decide(policy("any=3"), {green}), "again: exit 0: tried again at once (any=3: 1 of 3)");
}

TEST(RetryDecision, AKnownFlakeCountsBeforeTheRulesAndOnlyWithItsSignature) {
  RetryPolicy known_one = policy("exit:4=1");
  known_one.known.push_back({"reset by peer", "PROJ-7", 2});
  EXPECT_EQ(decide(known_one, {known(4)}),
            "again: exit 4: tried again at once (known flaky, PROJ-7: 1 of 2)");
  EXPECT_EQ(decide(known_one, {known(4), known(4), known(4)}),
            "done: exit 4: not tried again: known flaky, PROJ-7: 2 further attempts are spent");
  EXPECT_EQ(decide(known_one, {known(4), exited(4)}),
            "again: exit 4: tried again at once (exit:4=1: 1 of 1)");
  EXPECT_EQ(decide(known_one, {exited(5)}), "done: exit 5: not tried again: no rule fits");
  RetryPolicy alone = policy("");
  alone.known = known_one.known;
  EXPECT_TRUE(alone.may_retry());
  EXPECT_EQ(decide(alone, {exited(4)}), "done: exit 4: not tried again: no rule fits");
  EXPECT_EQ(decide(alone, {known(4)}),
            "again: exit 4: tried again at once (known flaky, PROJ-7: 1 of 2)");
}

TEST(RetryDecision, WithoutANodeForItThereIsNoFurtherAttempt) {
  AttemptResult lost = ended(Outcome::node_lost);
  EXPECT_EQ(decide(policy("node=2"), {lost}),
            "again: node lost: tried again at once (node=2: 1 of 2)");
  lost.has_no_node = true;
  EXPECT_EQ(decide(policy("node=2"), {lost}),
            "done: node lost: not tried again: there is no node for it");
}

TEST(RetryDecision, AKnownFlakeThatThePolicyDoesNotHaveIsNone) {
  EXPECT_EQ(decide(policy("exit:4=1"), {known(4)}),
            "again: exit 4: tried again at once (exit:4=1: 1 of 1)");
}

AttemptResult bereft(AttemptResult result) {
  result.lost_service = true;
  return result;
}

TEST(RetryDecision, ALostServiceCountsIfTheFailureGivesNoFurtherAttempt) {
  const char* spent = ": 1 further attempt is spent";
  const struct {
    const char* rules;
    std::vector<AttemptResult> attempts;
    std::string decision;
  } rows[] = {
      {"service=1", {exited(4)}, "done: exit 4: not tried again: no rule fits"},
      {"service=1", {bereft(exited(4))}, "again: exit 4: tried again at once (service=1: 1 of 1)"},
      {"service=1", {bereft(exited(4)), passed()}, "done: exit 0: flaky: passed on attempt 2"},
      {"service=1", {bereft(passed())}, "done: exit 0: passed"},
      {"service=1",
       {bereft(exited(4)), bereft(timed_out())},
       std::string("done: timed out: not tried again: service=1") + spent},
      {"service=1", {bereft(exited(4)), exited(4)}, "done: exit 4: not tried again: no rule fits"},
      {"service=2", {exited(4)}, "done: exit 4: not tried again: no rule fits"},
      {"service=0", {bereft(exited(4))}, "done: exit 4: not tried again: service=0"},
      // The rule for the end comes first.
      {"service=1,exit:4=1",
       {bereft(exited(4))},
       "again: exit 4: tried again at once (exit:4=1: 1 of 1)"},
      {"service=1,exit:4=1",
       {bereft(exited(4)), bereft(exited(4))},
       "again: exit 4: tried again at once (service=1: 1 of 1)"},
      {"service=1,exit:4=1",
       {exited(4), bereft(exited(4))},
       "again: exit 4: tried again at once (service=1: 1 of 1)"},
      {"service=1,exit:4=1",
       {bereft(exited(4)), bereft(exited(4)), bereft(exited(4))},
       std::string("done: exit 4: not tried again: exit:4=1") + spent + ", service=1" + spent},
      {"any=9,crash=0,service=1",
       {bereft(crashed())},
       "again: crashed (signal 11): tried again at once (service=1: 1 of 1)"},
      {"service=3",
       {bereft(ended(Outcome::service_unavailable))},
       "done: service_unavailable: not tried again: a service it needs is not available"},
      {"service=3",
       {bereft(not_started(2))},
       "done: not started: not tried again: a command that does not exist"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(decide(policy(row.rules), row.attempts), row.decision) << row.rules;
  }
}

TEST(RetryDecision, TheWaitGrowsWithTheAttempts) {
  RetryPolicy waits = policy("any=3");
  waits.backoff = *parse_backoff("exponential:500ms..30s");
  RetryQuestion question{.policy = waits, .attempts = {exited(4)}};
  EXPECT_EQ(decide_retry(question).wait, Milliseconds(500));
  EXPECT_EQ(decide_retry(question).reason, "tried again in 0.5 s (any=3: 1 of 3)");
  question.attempts.push_back(exited(4));
  EXPECT_EQ(decide_retry(question).wait, Milliseconds(1000));
  question.policy.jitter = 500;
  const Milliseconds first = decide_retry(question).wait;
  EXPECT_EQ(decide_retry(question).wait, first);
  EXPECT_GE(first, Milliseconds(500));
  question.seed = 1;
  EXPECT_NE(decide_retry(question).wait, first);
}

TEST(RetryDecision, OnlyTheLastAttemptIsAlone) {
  RetryPolicy alone = policy("any=2,exit:4=1");
  alone.last_alone = true;
  EXPECT_FALSE(decide_retry({.policy = alone, .attempts = {exited(5)}}).alone);
  const RetryDecision last = decide_retry({.policy = alone, .attempts = {exited(5), exited(5)}});
  EXPECT_TRUE(last.alone);
  EXPECT_EQ(last.reason, "tried again at once (any=2: 2 of 2, alone)");
  EXPECT_TRUE(decide_retry({.policy = alone, .attempts = {exited(4)}}).alone);
}

TEST(RetryDecision, AloneIsTheLastAttemptOfTheRuleThatGrantsIt) {
  RetryPolicy alone = policy("any=1,exit:4=2");
  alone.last_alone = true;
  // The second attempt, which is the first that exit:4 grants.
  const RetryDecision first = decide_retry({.policy = alone, .attempts = {exited(5), exited(4)}});
  EXPECT_FALSE(first.alone);
  EXPECT_EQ(first.reason, "tried again at once (exit:4=2: 1 of 2)");
  EXPECT_TRUE(decide_retry({.policy = alone, .attempts = {exited(4), exited(5)}}).alone);
  EXPECT_TRUE(decide_retry({.policy = alone, .attempts = {exited(5), exited(4), exited(4)}}).alone);
}

TEST(RetryDecision, WithoutTimeForTheWaitThereIsNoFurtherAttempt) {
  RetryPolicy waits = policy("any=3");
  waits.backoff = *parse_backoff("2s");
  RetryQuestion question{.policy = waits, .attempts = {exited(4)}};
  question.time_left = Milliseconds(2000);
  EXPECT_EQ(decide_retry(question).step, Step::done);
  EXPECT_EQ(decide_retry(question).reason,
            "not tried again: ctest ends the test in 2.0 s, the wait before another attempt is "
            "2.0 s");
  question.time_left = Milliseconds(2001);
  EXPECT_EQ(decide_retry(question).step, Step::again);
}

TEST(RetryDecision, WhereCTestLooksForAFailureItGetsTheFirst) {
  RetryQuestion question{.policy = policy("any=3"), .attempts = {exited(4)}};
  question.failure_is_looked_for = true;
  EXPECT_EQ(decide_retry(question).reason, "not tried again: ctest repeats it until it fails");
}

TEST(RetryDecision, TheRunHasTheLastWord) {
  const RetryDecision again = decide_retry({.policy = policy("any=3"), .attempts = {exited(4)}});
  EXPECT_EQ(with_answer(again, ""), again);
  const RetryDecision refused = with_answer(again, "the budget is spent");
  EXPECT_EQ(refused.step, Step::done);
  EXPECT_EQ(refused.end, "exit 4");
  EXPECT_EQ(refused.reason, "not tried again: the budget is spent");
  const RetryDecision done = decide_retry({.policy = policy("any=3"), .attempts = {passed()}});
  EXPECT_EQ(with_answer(done, "the budget is spent"), done);
}

TEST(RetryDecision, FlakyIsAPassAfterAFailure) {
  EXPECT_FALSE(is_flaky({}));
  EXPECT_FALSE(is_flaky({passed()}));
  EXPECT_TRUE(is_flaky({exited(4), passed()}));
  EXPECT_TRUE(is_flaky({crashed(), exited(4), passed()}));
  EXPECT_FALSE(is_flaky({exited(4), exited(4)}));
  EXPECT_FALSE(is_flaky({exited(4), skipped()}));
}

}  // namespace
}  // namespace holdfast
