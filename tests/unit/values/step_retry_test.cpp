#include "values/build_step.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace holdfast {
namespace {

Observation exited(int code) {
  Observation seen;
  seen.main = {ProcessEnd::Kind::exited, code};
  return seen;
}

Observation signalled(int signal) {
  Observation seen;
  seen.main = {ProcessEnd::Kind::signalled, signal};
  return seen;
}

TEST(StepRetry, OnlyACompilerOrLinkerThatFailedByItselfForTheFirstTime) {
  BuildStep step;
  EXPECT_TRUE(may_be_done_once_more(step, exited(1)));
  EXPECT_TRUE(may_be_done_once_more(step, signalled(SIGKILL)));
  EXPECT_TRUE(may_be_done_once_more(step, signalled(SIGSEGV)));
  EXPECT_FALSE(may_be_done_once_more(step, exited(0)));
  EXPECT_FALSE(may_be_done_once_more(step, Observation{}));
  for (const EndReason reason : {EndReason::signal, EndReason::timeout, EndReason::parent_gone}) {
    Observation ended = signalled(SIGKILL);
    ended.end_reason = reason;
    EXPECT_FALSE(may_be_done_once_more(step, ended));
  }
  for (bool Observation::*trouble : {&Observation::own_failure, &Observation::lock_not_had,
                                     &Observation::lock_refused, &Observation::lock_lost}) {
    Observation seen = signalled(SIGKILL);
    seen.*trouble = true;
    EXPECT_FALSE(may_be_done_once_more(step, seen));
  }
  step.kind = StepKind::link;
  EXPECT_TRUE(may_be_done_once_more(step, exited(1)));
  step.kind = StepKind::custom;
  EXPECT_FALSE(may_be_done_once_more(step, exited(1)));
  step.kind = StepKind::link;
  step.earlier.count = 1;
  EXPECT_FALSE(may_be_done_once_more(step, exited(1)));
}

TEST(StepRetry, WithoutEvidenceNothingIsDoneOnceMore) {
  EXPECT_EQ(why_once_more(exited(1), {}), "");
  EXPECT_EQ(why_once_more(signalled(SIGKILL), {}), "");
}

TEST(StepRetry, WantOfMemoryExplainsAKillAndADriverThatLivesOnAndNoOtherSignal) {
  EXPECT_EQ(why_once_more(signalled(SIGKILL), {true, ""}), "was killed because memory ran out");
  EXPECT_EQ(why_once_more(exited(1), {true, ""}),
            "failed while the kernel killed because memory ran out");
  EXPECT_EQ(why_once_more(signalled(SIGSEGV), {true, ""}), "");
}

TEST(StepRetry, ASignatureIsNamed) {
  EXPECT_EQ(why_once_more(exited(1), {false, "No space"}), "failed of what may pass: \"No space\"");
  EXPECT_EQ(why_once_more(signalled(SIGSEGV), {true, "oops"}), "failed of what may pass: \"oops\"");
}

}  // namespace
}  // namespace holdfast
