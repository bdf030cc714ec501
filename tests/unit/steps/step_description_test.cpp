#include "steps/step.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "attempt/started.hpp"
#include "os/scratch.hpp"

namespace holdfast::supervision {
namespace {

Invocation completed(std::vector<std::string> words) {
  Started started(std::move(words));
  Invocation invocation = started.invocation();
  complete_step(invocation);
  // They point into what goes out of scope.
  invocation.arguments = invocation.command = invocation.environment = nullptr;
  return invocation;
}

TEST(StepDescription, NamesTheProgramAndTheFileOfACommand) {
  const Invocation read =
      completed({"--step", "compile", "--", "/usr/bin/c++", "-c", "a.cpp", "-o", "a.o"});
  EXPECT_EQ(read.line.step->program, "c++");
  EXPECT_EQ(read.line.step->output, "a.o");
  EXPECT_EQ(read.line.step->kind, StepKind::compile);
}

TEST(StepDescription, TheRuleKnowsTheOutputBetterThanTheCommand) {
  const Invocation read = completed({"--step", "link", "--output", "app", "--", "ld", "-o", "tmp"});
  EXPECT_EQ(read.line.step->output, "app");
}

TEST(StepDescription, ACustomCommandsOptionsAreItsOwn) {
  const Invocation read = completed({"--step", "custom", "--", "generate", "-o", "x"});
  EXPECT_EQ(read.line.step->output, "");
}

TEST(StepDescription, ACompileRuleThatOnlyScansIsAScanAndTakesNoSlots) {
  const std::vector<std::string> scan{"--step", "compile", "--slots", "*=1",
                                      "--",     "c++",     "-E",      "-fdeps-file=a.ddi"};
  const Invocation read = completed(scan);
  EXPECT_EQ(read.line.step->kind, StepKind::scan);
  EXPECT_EQ(read.line.step->output, "a.ddi");
  EXPECT_TRUE(read.line.options.locks.empty());
  std::vector<std::string> link = scan;
  link[1] = "link";
  EXPECT_EQ(completed(link).line.step->kind, StepKind::link);
  EXPECT_EQ(completed(link).line.options.locks.size(), 1U);
}

TEST(StepDescription, SlotsAreTakenByTheOutput) {
  const auto with_output = [](const std::string& output) {
    return completed({"--step", "link", "--slots", "*heavy*=2", "--slots", "*=memory", "--output",
                      output, "--", "ld"});
  };
  const Invocation counted = with_output("bin/heavy_test");
  ASSERT_EQ(counted.line.options.locks.size(), 1U);
  EXPECT_EQ(counted.line.options.locks[0].mode, LockMode::counted);
  EXPECT_EQ(counted.line.options.locks[0].size, 2U);
  EXPECT_FALSE(counted.line.step->memory_slots);
  const Invocation by_memory = with_output("bin/light_test");
  EXPECT_TRUE(by_memory.line.options.locks.empty());
  EXPECT_TRUE(by_memory.line.step->memory_slots);
}

TEST(StepDescription, NoSettingIsForACustomCommandOrAStepOfNoTree) {
  BuildStep step;
  EXPECT_FALSE(has_settings(step));
  step.kind = StepKind::custom;
  step.tree = "/";
  EXPECT_FALSE(has_settings(step));
}

// A deadline that stays would wake the launcher again and again.
TEST(StepMemory, IsReadOnceWhenAStepHasRunForAWhile) {
  StepMemory memory;
  EXPECT_NE(memory.deadline(), k_longest);
  EXPECT_EQ(memory.on_deadline(), Companion::Verdict::go_on);
  EXPECT_EQ(memory.deadline(), k_longest);
}

TEST(StepMemory, RanOutIfSomethingWasKilledSinceItWasRead) {
  const os::Scratch scratch;
  const std::string events = scratch.path("events");
  const auto count = [&](const std::string& kills) {
    std::ofstream(events) << "oom 1\noom_kill " << kills << "\n";
  };
  count("1");
  StepMemory memory;
  EXPECT_FALSE(memory.ran_out({})) << "it was never read";
  memory.begin(events);
  EXPECT_EQ(memory.deadline(), k_longest);
  EXPECT_FALSE(memory.ran_out({}));
  count("2");
  EXPECT_TRUE(memory.ran_out({}));
  std::ofstream(events).close();
  EXPECT_FALSE(memory.ran_out({})) << "it cannot be read any more";
}

}  // namespace
}  // namespace holdfast::supervision
