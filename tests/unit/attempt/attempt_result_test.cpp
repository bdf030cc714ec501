#include "attempt/records.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>

namespace holdfast::supervision {
namespace {

using namespace std::chrono_literals;

SeenAttempt seen(int status) {
  SeenAttempt attempt;
  attempt.report.main_reaped = true;
  attempt.report.main_status = status;
  return attempt;
}

TEST(AttemptResult, IsMadeOfHowTheMainProcessEnded) {
  SeenAttempt never;
  never.report.exec_error = ENOENT;
  const struct {
    SeenAttempt attempt;
    ProcessEnd::Kind kind;
    int code;
    Outcome outcome;
  } rows[] = {
      {seen(W_EXITCODE(0, 0)), ProcessEnd::Kind::exited, 0, Outcome::passed},
      {seen(W_EXITCODE(3, 0)), ProcessEnd::Kind::exited, 3, Outcome::failed},
      {seen(W_EXITCODE(0, SIGSEGV)), ProcessEnd::Kind::signalled, SIGSEGV, Outcome::crashed},
      {never, ProcessEnd::Kind::never_started, ENOENT, Outcome::launch_failed},
      {{}, ProcessEnd::Kind::never_started, 0, Outcome::launch_failed},
  };
  for (const auto& row : rows) {
    const AttemptResult result = result_of(row.attempt);
    EXPECT_EQ(result.observation.main.kind, row.kind);
    EXPECT_EQ(result.observation.main.code, row.code);
    EXPECT_EQ(result.outcome, row.outcome);
    EXPECT_EQ(result.note, "");
  }
}

TEST(AttemptResult, OfATestThatWasEndedIsTheReason) {
  SeenAttempt attempt = seen(W_EXITCODE(0, 0));
  attempt.state.reason = EndReason::timeout;
  EXPECT_EQ(result_of(attempt).outcome, Outcome::timed_out);
  attempt.state.reason = EndReason::signal;
  attempt.state.end_signal = SIGINT;
  const AttemptResult interrupted = result_of(attempt);
  EXPECT_EQ(interrupted.outcome, Outcome::interrupted);
  EXPECT_EQ(interrupted.observation.end_signal, SIGINT);
}

TEST(AttemptResult, IsOurFailureWhereTheGuardWasKilledUnlessTheTreeWasBeingEnded) {
  SeenAttempt attempt = seen(W_EXITCODE(0, 0));
  attempt.guard_lost = true;
  const AttemptResult lost = result_of(attempt);
  EXPECT_EQ(lost.outcome, Outcome::internal_error);
  EXPECT_NE(lost.note.find("the guard was killed"), std::string::npos);
  EXPECT_NE(lost.note.find("pidns"), std::string::npos);
  EXPECT_NE(lost.note.find("containment = \"pidns\""), std::string::npos);
  attempt.state.reason = EndReason::timeout;
  const AttemptResult late = result_of(attempt);
  EXPECT_EQ(late.outcome, Outcome::timed_out);
  EXPECT_EQ(late.note, "");
}

TEST(AttemptResult, ATestThatDiesOfThePressedKeyIsInterrupted) {
  SeenAttempt attempt = seen(W_EXITCODE(0, SIGINT));
  EXPECT_EQ(result_of(attempt).outcome, Outcome::crashed);
  attempt.state.pressed = SIGINT;
  const AttemptResult interrupted = result_of(attempt);
  EXPECT_EQ(interrupted.outcome, Outcome::interrupted);
  EXPECT_EQ(interrupted.observation.end_signal, SIGINT);
  EXPECT_EQ(interrupted.pressed, SIGINT);
  attempt.state.pressed = SIGQUIT;
  EXPECT_EQ(result_of(attempt).outcome, Outcome::crashed);
  SeenAttempt answered = seen(W_EXITCODE(SIGINT, 0));
  answered.state.pressed = SIGINT;
  EXPECT_EQ(result_of(answered).outcome, Outcome::failed);
}

TEST(AttemptResult, ALeakFailsTheTestOnlyWhereSettingsSaySoAndNothingIsKept) {
  SeenAttempt attempt = seen(W_EXITCODE(0, 0));
  attempt.on_leak = OnLeak::fail;
  EXPECT_EQ(result_of(attempt).outcome, Outcome::passed);
  attempt.report.leftovers = 2;
  EXPECT_EQ(result_of(attempt).outcome, Outcome::failed);
  attempt.report.kept = true;
  EXPECT_EQ(result_of(attempt).outcome, Outcome::passed);
  attempt.report.kept = false;
  attempt.on_leak = OnLeak::kill;
  const AttemptResult result = result_of(attempt);
  EXPECT_EQ(result.outcome, Outcome::passed);
  EXPECT_TRUE(result.observation.leaked);
}

TEST(AttemptResult, IsCutShortUnlessTheMainProcessExitedByItself) {
  EXPECT_FALSE(result_of(seen(W_EXITCODE(1, 0))).is_cut_short());
  EXPECT_TRUE(result_of(seen(W_EXITCODE(0, SIGSEGV))).is_cut_short());
  SeenAttempt attempt = seen(W_EXITCODE(0, 0));
  attempt.guard_lost = true;
  EXPECT_TRUE(result_of(attempt).is_cut_short());
  attempt.guard_lost = false;
  attempt.state.reason = EndReason::parent_gone;
  EXPECT_TRUE(result_of(attempt).is_cut_short());
  // There is nothing to cut.
  EXPECT_FALSE(result_of({}).is_cut_short());
}

TEST(AttemptResult, OfATestThatNeverBeganSaysWhyNot) {
  const AttemptResult failed = own_failure(Error{"make a pipe: no more"});
  EXPECT_EQ(failed.outcome, Outcome::internal_error);
  EXPECT_EQ(failed.note, "failed to make a pipe: no more");
  const AttemptResult stopped = not_begun("why", SIGHUP);
  EXPECT_EQ(stopped.outcome, Outcome::interrupted);
  EXPECT_EQ(stopped.observation.end_signal, SIGHUP);
  EXPECT_EQ(stopped.note, "why");
  EXPECT_EQ(refused("never").outcome, Outcome::internal_error);
}

}  // namespace
}  // namespace holdfast::supervision
