#include "forensics/hook_environment.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

std::string said(const HookFacts& facts) {
  std::string text;
  for (const Variable& variable : hook_environment(facts)) {
    text += variable.name.substr(9) + "=" + variable.value + " ";
  }
  return text;
}

TEST(HookEnvironment, SaysWhatIsKnownAndNothingElse) {
  HookFacts facts;
  facts.hook = "on-failure";
  facts.test = "db.insert";
  facts.attempt_id = "r.1";
  facts.attempt = 3;
  facts.outcome = Outcome::failed;
  facts.main = {ProcessEnd::Kind::exited, 4};
  EXPECT_EQ(said(facts),
            "HOOK=on-failure TEST_NAME=db.insert ATTEMPT_ID=r.1 ATTEMPT=3 OUTCOME=failed "
            "EXIT_CODE=4 ");
  facts.outcome = Outcome::crashed;
  facts.main = {ProcessEnd::Kind::signalled, 11};
  facts.run = "r";
  facts.scratch = "/s";
  facts.output = "/o.log";
  EXPECT_EQ(said(facts),
            "HOOK=on-failure TEST_NAME=db.insert RUN_ID=r ATTEMPT_ID=r.1 ATTEMPT=3 TMPDIR=/s "
            "OUTPUT=/o.log OUTCOME=crashed SIGNAL=11 ");
  facts.outcome = Outcome::launch_failed;
  facts.main = {ProcessEnd::Kind::never_started, 2};
  EXPECT_EQ(said(facts).find("EXIT_CODE"), std::string::npos);
}

TEST(HookEnvironment, BeforeTheEndThereIsAProcessAndNoOutcome) {
  HookFacts facts;
  facts.hook = "before-kill";
  facts.process = 4711;
  EXPECT_EQ(said(facts), "HOOK=before-kill ATTEMPT=1 PID=4711 ");
}

}  // namespace
}  // namespace holdfast
