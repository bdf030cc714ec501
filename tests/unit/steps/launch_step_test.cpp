// A step, from its start to its record. The test's own runner says how each attempt ends.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "attempt/started.hpp"
#include "base/exit_codes.hpp"
#include "base/names.hpp"
#include "os/file/descriptors.hpp"
#include "os/scratch.hpp"
#include "steps/step.hpp"

namespace holdfast::supervision {
namespace {

namespace fs = std::filesystem;

AttemptResult exited(int code) {
  AttemptResult result;
  result.observation.main = {ProcessEnd::Kind::exited, code};
  result.outcome = outcome_of(result.observation);
  return result;
}

AttemptResult died_of(int signal) {
  AttemptResult result;
  result.observation.main = {ProcessEnd::Kind::signalled, signal};
  result.outcome = outcome_of(result.observation);
  return result;
}

class Told final : public StepRunner {
 public:
  bool is_plain() const override { return plain; }
  Result<void> prepare(const BuildStep& step, Policy& /*policy*/) override {
    prepared.push_back(step.earlier.count);
    if (prepared.size() > most_prepared) return ErrorInWords{"no settings"};
    return {};
  }
  AttemptResult run(AttemptPlan plan, Surroundings& around) override {
    loudness = plan.loudness;
    timeout = plan.policy.timeout;
    program = plan.command.arguments[0];
    test = plan.identity->test;
    tree = plan.test->grant.home.tree;
    EXPECT_EQ(plan.is_plain, plain);
    EXPECT_NE(plan.step, nullptr) << "what has called setsid(2) is none of its tree";
    EXPECT_NE(plan.outputs, nullptr);
    EXPECT_NE(plan.teller, nullptr);
    EXPECT_EQ(plan.needs.size(), 1U);
    is_watched = around.parent.valid();
    if (!makes.empty()) std::ofstream(makes) << "half";
    return ends.at(ran++);
  }
  StepEvidence look_into(const AttemptResult& /*result*/) override {
    ++looks;
    return evidence;
  }
  void come_to_the_end() override { ++last_ones; }

  // How it answers.
  bool plain = false;
  std::size_t most_prepared = 9;
  std::vector<AttemptResult> ends;
  StepEvidence evidence;
  std::string makes;  // a file that each attempt writes

  // What it was asked.
  std::vector<unsigned> prepared;  // how many attempts were before
  std::size_t ran = 0;
  unsigned looks = 0;
  unsigned last_ones = 0;
  Loudness loudness = Loudness::normal;
  Milliseconds timeout{0};
  std::string program;
  std::string test;
  std::string tree;
  bool is_watched = false;
};

class StepLaunched : public testing::Test {
 protected:
  StepLaunched() {
    fs::create_directories(journal().parent_path());
    handed_.callers.emplace();  // as in a program that was handed the step
  }

  fs::path journal() const { return scratch_.path(std::string(names::k_build_journal)); }
  Exit launched(const std::string& kind = "compile", const std::string& output = "a.o") {
    Started started({"--step=" + kind, "--tree=" + scratch_.path(), "--output=" + output,
                     "--target=app", "--timeout=7", "--", "/usr/bin/c++"});
    return launch_step(started.invocation(), std::move(handed_), runner_);
  }
  std::string record() const {
    std::ifstream file(journal());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // The next step will end so, and the last one's record is forgotten.
  void again(const AttemptResult& end) {
    fs::remove(journal());
    handed_.callers.emplace();
    runner_.ends = {end};
    runner_.ran = 0;
    runner_.looks = runner_.last_ones = 0;
  }
  void expect_recorded(const std::vector<std::string>& fields) const {
    const std::string all = record();
    EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 1) << all;
    for (const std::string& field : fields) {
      EXPECT_NE(all.find(field), std::string::npos) << field << " in " << all;
    }
  }

  os::Scratch scratch_;
  HandOver handed_;
  Told runner_;
};

TEST_F(StepLaunched, HasAllThatAnAttemptNeeds) {
  runner_.ends = {exited(0)};
  launched("link", "app");
  EXPECT_EQ(runner_.program, "/usr/bin/c++");
  EXPECT_EQ(runner_.test, "link app");
  EXPECT_EQ(runner_.tree, scratch_.path());
  EXPECT_EQ(runner_.timeout, Milliseconds{7000});
}

constexpr Exit k_passed{Exit::Kind::code, 0};

TEST_F(StepLaunched, BothAttemptsAreOneRecord) {
  AttemptResult killed = died_of(SIGKILL);
  killed.wall_us = 1'000'000;
  killed.report.user_us = 20'000;
  killed.report.system_us = 30'000;
  killed.report.max_rss_kb = 500;
  AttemptResult passed = exited(0);
  passed.wall_us = 500'000;
  passed.report.user_us = 1;
  passed.report.system_us = 2;
  passed.report.max_rss_kb = 100;
  runner_.ends = {killed, passed};
  runner_.evidence.out_of_memory = true;
  EXPECT_EQ(launched(), k_passed);
  EXPECT_EQ(runner_.prepared, (std::vector<unsigned>{0, 1}));
  EXPECT_EQ(runner_.looks, 1U);
  EXPECT_EQ(runner_.last_ones, 1U);
  expect_recorded({R"("outcome":"passed")", R"("attempts":2)", R"("wall_s":1.500000)",
                   R"("user_s":0.020001)", R"("sys_s":0.030002)", R"("max_rss_kb":500)",
                   R"("target":"app")", R"("program":"c++")",
                   R"("note":"attempt 1 was killed because memory ran out")"});
}

TEST_F(StepLaunched, ThereIsNoThirdAttempt) {
  runner_.ends = {died_of(SIGKILL), died_of(SIGKILL), exited(0)};
  runner_.evidence.out_of_memory = true;
  EXPECT_NE(launched(), k_passed);
  EXPECT_EQ(runner_.ran, 2U);
  EXPECT_EQ(runner_.looks, 1U);
  expect_recorded({R"("signal":9)", R"("attempts":2)"});
}

TEST_F(StepLaunched, OneThatWasHandedOverAfterItsFirstAttemptHasNoThird) {
  handed_.earlier = {1, 500'000, 1, 2, 6000, 1500, "was killed"};
  runner_.ends = {died_of(SIGKILL), exited(0)};
  runner_.evidence.out_of_memory = true;
  EXPECT_NE(launched(), k_passed);
  EXPECT_EQ(runner_.prepared, std::vector<unsigned>{1});
  EXPECT_EQ(runner_.looks, 0U);
  expect_recorded({R"("attempts":2)", R"("slot_wait_s":1.500000)", R"("max_rss_kb":6000)",
                   R"("note":"attempt 1 was killed)"});
}

TEST_F(StepLaunched, OnlyAFailureByItselfIsLookedInto) {
  AttemptResult interrupted = died_of(SIGTERM);
  interrupted.observation.end_reason = EndReason::signal;
  interrupted.observation.end_signal = SIGTERM;
  interrupted.outcome = outcome_of(interrupted.observation);
  AttemptResult answered = interrupted;
  answered.observation.main = {ProcessEnd::Kind::exited, 1};
  const struct {
    std::string kind;
    AttemptResult end;
    unsigned looks;
    Exit exit;
  } rows[] = {
      {"compile", exited(3), 1, {Exit::Kind::code, 3}},
      {"link", exited(3), 1, {Exit::Kind::code, 3}},
      {"custom", exited(3), 0, {Exit::Kind::code, 3}},
      {"compile", exited(0), 0, k_passed},
      // The build tool must not take it for a failure.
      {"compile", interrupted, 0, {Exit::Kind::signal, SIGTERM}},
      {"compile", answered, 0, {Exit::Kind::signal, SIGTERM}},
  };
  for (const auto& row : rows) {
    again(row.end);
    EXPECT_EQ(launched(row.kind), row.exit) << row.kind;
    EXPECT_EQ(runner_.looks, row.looks) << row.kind;
    EXPECT_EQ(runner_.last_ones, 1U) << row.kind;
    expect_recorded({R"("attempts":1)"});
  }
}

TEST_F(StepLaunched, WithoutItsSettingsIsRefused) {
  runner_.most_prepared = 0;
  EXPECT_EQ(launched(), (Exit{Exit::Kind::code, exit_codes::k_own_failure}));
  EXPECT_EQ(runner_.ran, 0U);
  expect_recorded({R"("outcome":"internal_error")", R"("note":"no settings")"});
}

TEST_F(StepLaunched, WhoseSecondAttemptIsRefusedHasNotPassed) {
  runner_.ends = {died_of(SIGKILL), exited(0)};
  runner_.evidence.out_of_memory = true;
  runner_.most_prepared = 1;
  EXPECT_EQ(launched(), (Exit{Exit::Kind::code, exit_codes::k_own_failure}));
  EXPECT_EQ(runner_.ran, 1U);
  expect_recorded({R"("outcome":"internal_error")", R"("attempts":2)", "; no settings"});
}

// There is no holdfast-exec beside this program.
TEST_F(StepLaunched, ThatCannotBeHandedOverEndsAsItsAttemptDid) {
  runner_.plain = true;
  runner_.ends = {died_of(SIGKILL), exited(0)};
  runner_.evidence.out_of_memory = true;
  Result<os::Pipe> tool = os::make_pipe();
  ASSERT_TRUE(tool);
  handed_.build_tool = std::move(tool->read);
  testing::internal::CaptureStderr();
  EXPECT_NE(launched(), k_passed);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("\nholdfast: not retried: failed to execute "), std::string::npos) << said;
  EXPECT_TRUE(runner_.is_watched);
  EXPECT_EQ(runner_.ran, 1U);
  expect_recorded({R"("signal":9)", R"("attempts":1)"});
  EXPECT_EQ(record().find("attempt 1"), std::string::npos) << record();
}

TEST_F(StepLaunched, ThatIsCutShortLeavesNoHalfFile) {
  const std::string output = scratch_.path("a.o");
  runner_.makes = output;
  runner_.ends = {died_of(SIGSEGV)};
  launched("compile", output);
  EXPECT_FALSE(fs::exists(output));
  again(exited(1));  // the compiler has decided what it leaves
  launched("compile", output);
  EXPECT_TRUE(fs::exists(output));
}

TEST_F(StepLaunched, OfAFirstAttemptThatWasKilledNothingIsLeftForTheSecond) {
  const std::string output = scratch_.path("a.o");
  runner_.makes = output;
  runner_.ends = {died_of(SIGKILL), died_of(SIGKILL)};
  runner_.evidence.out_of_memory = true;
  launched("link", output);
  EXPECT_FALSE(fs::exists(output));
}

// Its output may go into a file.
TEST_F(StepLaunched, ACustomCommandSaysNothingInItsOwnOutputUnlessItFails) {
  AttemptResult left = exited(0);
  left.note = "left 1 process behind";
  AttemptResult failed = exited(3);
  failed.note = "interrupted";
  const auto said = [&](const std::string& kind, const AttemptResult& end) {
    again(end);
    testing::internal::CaptureStderr();
    launched(kind);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(said("custom", left), "");
  EXPECT_EQ(runner_.loudness, Loudness::quiet) << "stacks would be in its output";
  EXPECT_EQ(said("custom", failed), "holdfast: interrupted\n");
  EXPECT_EQ(said("compile", left), "holdfast: left 1 process behind\n");
  EXPECT_EQ(runner_.loudness, Loudness::normal);
  Result<os::Pipe> lines = os::make_pipe();
  ASSERT_TRUE(lines);
  handed_.lines = std::move(lines->write);
  EXPECT_EQ(said("custom", left), "");
  char text[64]{};
  ASSERT_GT(::read(lines->read.get(), text, sizeof text - 1), 0);
  EXPECT_STREQ(text, "holdfast: left 1 process behind\n");
}

TEST_F(StepLaunched, WhatEndedItIsSaidInItsWords) {
  AttemptResult ended = died_of(SIGTERM);
  ended.observation.end_reason = EndReason::parent_gone;
  ended.outcome = outcome_of(ended.observation);
  runner_.ends = {ended};
  launched();
  expect_recorded({"interrupted: the build tool has ended"});
  again(exited(1));  // a compiler has explained its failure
  launched();
  EXPECT_EQ(record().find("\"note\""), std::string::npos) << record();
}

}  // namespace
}  // namespace holdfast::supervision
