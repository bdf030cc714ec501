#include "forensics/probes.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <utility>

namespace holdfast::forensics {
namespace {

constexpr Milliseconds k_plenty{60'000};

HookFacts facts() {
  HookFacts facts;
  facts.hook = "on-failure";
  facts.test = "db insert";
  facts.attempt_id = "r.2";
  facts.attempt = 2;
  facts.outcome = Outcome::failed;
  facts.main = {ProcessEnd::Kind::exited, 4};
  return facts;
}

std::string run(const std::string& command, Milliseconds time = k_plenty) {
  const os::BoundedOrder order =
      hook_order(command, facts(),
                 {"PATH=/usr/bin:/bin", "MINE=1", "HOLDFAST_PID=1", "HOLDFAST_ATTEMPT=9"}, time);
  const Finding finding = hook_finding("on-failure", os::run_bounded(order), time);
  EXPECT_EQ(finding.probe, "on-failure");
  return finding.text;
}

TEST(Hooks, AreToldTheFactsInTheTestsEnvironment) {
  EXPECT_EQ(run("echo $HOLDFAST_HOOK, $HOLDFAST_TEST_NAME, $HOLDFAST_ATTEMPT, $HOLDFAST_OUTCOME, "
                "$HOLDFAST_EXIT_CODE, $MINE; echo ${HOLDFAST_PID-none}"),
            "on-failure, db insert, 2, failed, 4, 1\nnone");
}

std::string said(const HookFacts& facts) {
  std::string text;
  for (const std::string& entry : hook_order("", facts, {}, k_plenty).environment) {
    text += entry.substr(9) + " ";
  }
  return text;
}

TEST(Hooks, AreToldWhatIsKnownAndNothingElse) {
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

TEST(Hooks, BeforeTheEndAreToldAProcessAndNoOutcome) {
  HookFacts facts;
  facts.hook = "before-kill";
  facts.process = 4711;
  EXPECT_EQ(said(facts), "HOOK=before-kill ATTEMPT=1 PID=4711 ");
}

TEST(Hooks, HowTheyEndIsSaid) {
  EXPECT_EQ(run(":"), "done");
  EXPECT_EQ(run("echo it; exit 3"), "ended with 3\nit");
  EXPECT_EQ(run("kill -9 $$"), "died of signal 9");
  EXPECT_EQ(run("no-such-command-of-holdfast 2>/dev/null"), "ended with 127");
  EXPECT_EQ(run("echo begun; sleep 1000", Milliseconds{2000}), "not done within 2.0 s\nbegun");
}

TEST(Hooks, ThatPrintTooMuchAreSaidToBeCutOff) {
  const std::string much = "head -c 100000 /dev/zero | tr '\\0' x";
  for (const auto& [command, begin] : {std::pair<std::string, std::string>(much, "xxx"),
                                       {much + "; exit 3", "ended with 3\nxxx"},
                                       {much + "; kill -9 $$", "died of signal 9\nxxx"}}) {
    const std::string text = run(command);
    EXPECT_EQ(text.substr(0, begin.size()), begin);
    EXPECT_TRUE(text.ends_with("x\n… cut off")) << text.substr(text.size() - 20);
    EXPECT_LT(text.size(), 100000U);
  }
}

TEST(Hooks, ThatCannotBeStartedAreNotKnown) {
  os::BoundedEnd end;
  end.kind = os::BoundedEnd::Kind::not_started;
  end.code = ENOENT;
  const Finding finding = hook_finding("on-failure", end, k_plenty);
  EXPECT_TRUE(finding.failed);
  EXPECT_NE(finding.text.find("No such file or directory"), std::string::npos) << finding.text;
}

}  // namespace
}  // namespace holdfast::forensics
