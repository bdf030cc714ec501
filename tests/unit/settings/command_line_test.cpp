#include "settings/command_line.hpp"

#include <gtest/gtest.h>

#include "base/random_text.hpp"

namespace holdfast {
namespace {

using Words = std::vector<std::string_view>;

CommandLine parsed(const Words& words) {
  Result<CommandLine> line = parse_command_line(words);
  if (!line) {
    ADD_FAILURE() << line.error().message;
    return {};
  }
  return *line;
}

std::string refusal(const Words& words) {
  const Result<CommandLine> line = parse_command_line(words);
  return line ? "accepted" : line.error().message;
}

TEST(CommandLine, WithoutOptionsEverythingIsLeftToTheDefaults) {
  const CommandLine line = parsed({"--", "cmd"});
  EXPECT_EQ(line.command_at, 1U);
  EXPECT_FALSE(line.name);
  EXPECT_TRUE(line.options.locks.empty());
  EXPECT_TRUE(line.options.said.empty());
  EXPECT_EQ(line.loudness, Loudness::normal);
  EXPECT_FALSE(line.help);
}

TEST(CommandLine, AValueComesAfterItsOptionOrAfterAnEqualsSign) {
  const Words rows[] = {
      {"--name",
       "n",
       "--lock",
       "a",
       "--lock",
       "b:shared",
       "--lock-timeout",
       "1",
       "--timeout",
       "2s",
       "--grace",
       "3ms",
       "--on-leak",
       "fail",
       "--containment",
       "cgroup",
       "--scratch",
       "keep",
       "--default-env",
       "A=b=c",
       "--default-env",
       "B=",
       "--quiet",
       "--",
       "cmd"},
      {"--name=n", "--lock=a", "--lock=b:shared", "--lock-timeout=1", "--timeout=2s", "--grace=3ms",
       "--on-leak=fail", "--containment=cgroup", "--scratch=keep", "--default-env=A=b=c",
       "--default-env=B=", "--quiet", "--", "cmd"},
  };
  for (const Words& words : rows) {
    const CommandLine line = parsed(words);
    EXPECT_EQ(line.name, "n");
    ASSERT_EQ(line.options.locks.size(), 2U);
    EXPECT_EQ(to_text(line.options.locks[1]), "b:shared@project");
    Policy policy;
    policy.environment = {{"B", "1"}};
    policy = *with_options(policy, line.options);
    EXPECT_EQ(policy.lock_timeout, Milliseconds{1000});
    EXPECT_EQ(policy.timeout, Milliseconds{2000});
    EXPECT_EQ(policy.grace, Milliseconds{3});
    EXPECT_EQ(policy.on_leak, OnLeak::fail);
    EXPECT_EQ(policy.containment, Containment({Boundary::cgroup}));
    EXPECT_EQ(policy.scratch, Scratch::keep);
    EXPECT_EQ(policy.environment, (std::vector<Variable>{{"A", "b=c"}}));
    EXPECT_EQ(line.loudness, Loudness::quiet);
    EXPECT_EQ(line.command_at, words.size() - 1);
  }
}

TEST(CommandLine, AStepOfABuildIsDescribed) {
  const CommandLine line = parsed({"--step=link", "--tree=/t", "--target=app", "--output=bin/app",
                                   "--language=C", "--lock=l:1/2@user", "--", "cc"});
  ASSERT_TRUE(line.step);
  EXPECT_EQ(line.step->kind, StepKind::link);
  EXPECT_EQ(line.step->tree, "/t");
  EXPECT_EQ(line.step->target, "app");
  EXPECT_EQ(line.step->language, "C");
  EXPECT_EQ(line.step->title(), "link bin/app");
  EXPECT_EQ(line.options.locks.size(), 1U);
  EXPECT_FALSE(parsed({"--", "cc"}).step);
  EXPECT_EQ(parsed({"--step", "custom", "--", "x"}).step->title(), "custom");
  EXPECT_EQ(refusal({"--step", "make", "--", "x"}),
            "--step \"make\": expected compile, link or custom");
  EXPECT_EQ(refusal({"--target", "x", "--step", "link", "--", "x"}),
            "--target: expected after --step");
  EXPECT_TRUE(refusal({"--step=link", "--slots=much", "--", "cc"}).starts_with("--slots"));
}

TEST(CommandLine, NothingAfterTheFirstDoubleDashIsLookedAt) {
  const Words words{"--name", "n", "--", "--quiet", "--", "--help"};
  const CommandLine line = parsed(words);
  EXPECT_EQ(line.command_at, 3U);
  EXPECT_EQ(line.loudness, Loudness::normal);
  EXPECT_FALSE(line.help);
}

TEST(CommandLine, TheTestOfCTestIsNamedInOneWordAndItsCommandFollows) {
  const CommandLine line = parsed({"--quiet", "--test=a=b --", "--", "--help"});
  EXPECT_EQ(line.name, "a=b --");
  EXPECT_EQ(line.command_at, 2U);
  EXPECT_EQ(line.loudness, Loudness::quiet);
  EXPECT_EQ(parsed({"--test=", "c"}).command_at, 1U);
  EXPECT_EQ(parsed({"--test=", "c"}).name, "");
  EXPECT_EQ(parsed({"--test:w=n", "c"}).word, "w");
  EXPECT_EQ(parsed({"--test:w=n", "c"}).name, "n");
}

TEST(CommandLine, TheValueOfAnOptionMayLookLikeAnything) {
  EXPECT_EQ(parsed({"--name", "--", "--", "c"}).name, "--");
  EXPECT_EQ(parsed({"--name", "--quiet", "--", "c"}).name, "--quiet");
  EXPECT_EQ(parsed({"--name=a=b", "--", "c"}).name, "a=b");
  EXPECT_FALSE(parsed({"--name=", "--", "c"}).name);
  EXPECT_FALSE(parsed({"--name", "", "--", "c"}).name);
}

TEST(CommandLine, HelpNeedsNoCommandAndEndsTheReading) {
  EXPECT_TRUE(parsed({"--help"}).help);
  EXPECT_TRUE(parsed({"-h"}).help);
  EXPECT_TRUE(parsed({"--quiet", "--help", "--nonsense"}).help);
}

TEST(CommandLine, TheErrorIsOneLineWithTheArgumentAndWhatWasExpected) {
  const struct {
    Words words;
    const char* message;
  } rows[] = {
      {{}, "expected `-- COMMAND` at the end"},
      {{"--quiet"}, "expected `-- COMMAND` at the end"},
      {{"--"}, "expected a command after `--`"},
      {{"cmd"}, "unknown argument \"cmd\": expected options, then `--`, then the command"},
      {{"--nmae", "x", "--", "c"},
       "unknown argument \"--nmae\": expected options, then `--`, then the command"},
      {{"-q", "--", "c"}, "unknown argument \"-q\": expected options, then `--`, then the command"},
      {{"", "--", "c"}, "unknown argument \"\": expected options, then `--`, then the command"},
      {{"--testx=a", "--", "c"},
       "unknown argument \"--testx=a\": expected options, then `--`, then the command"},
      {{"--test:w:d:x=a", "--", "c"},
       "unknown argument \"--test:w:d:x=a\": expected options, then `--`, then the command"},
      {{"-h=1", "--", "c"},
       "unknown argument \"-h=1\": expected options, then `--`, then the command"},
      {{"--name"}, "--name: expected a value after it"},
      {{"--test=t"}, "expected a command after \"--test=t\""},
      {{"--quiet=1", "--", "c"}, "--quiet: takes no value"},
      {{"--help=1"}, "--help: takes no value"},
      {{"--timeout", "soon", "--", "c"},
       "--timeout \"soon\": expected a duration such as 500ms, 5s, 2m or 1.5"},
      {{"--grace=", "--", "c"}, "--grace \"\": expected a duration such as 500ms, 5s, 2m or 1.5"},
      {{"--on-leak", "keep", "--", "c"}, "--on-leak \"keep\": expected kill, fail or ignore"},
      {{"--containment", "jail", "--", "c"},
       "--containment \"jail\": expected none, or some of cgroup, pidns, netns and tmp with commas "
       "between"},
      {{"--lock", "a@moon", "--", "c"},
       "--lock: lock \"a@moon\": after `@` expected build, project, user, machine or cluster, "
       "found "
       "\"moon\""},
  };
  for (const auto& row : rows) EXPECT_EQ(refusal(row.words), row.message);
}

TEST(CommandLine, AnEmptyCommandIsNone) {
  EXPECT_EQ(refusal({"--", ""}), "expected a command after `--`, found \"\"");
  EXPECT_EQ(refusal({"--", "c", ""}), "accepted");
}

TEST(CommandLine, VariablesOfHoldfastsOwnAreRefused) {
  EXPECT_EQ(refusal({"--default-env", "HOLDFAST_X=1", "--", "c"}),
            "--default-env \"HOLDFAST_X=1\": expected no variable of Holdfast's own");
  EXPECT_EQ(refusal({"--default-env", "HOLDFASTER=1", "--", "c"}), "accepted");
}

TEST(CommandLine, TheLastOfTwoEqualOptionsHoldsExceptThatLocksAddUp) {
  const CommandLine line =
      parsed({"--timeout", "1", "--timeout", "2", "--lock", "a", "--lock", "a", "--", "c"});
  EXPECT_EQ(with_options({}, line.options)->timeout, Milliseconds{2000});
  EXPECT_EQ(line.options.locks.size(), 2U);
}

TEST(CommandLine, WhateverIsAcceptedNamesACommandThatIsThere) {
  RandomText random(3);
  const Words pool{"--",      "--name", "--name=x", "--lock",    "a",         "--timeout", "1",
                   "--quiet", "",       "-",        "--grace=0", "--on-leak", "kill",      "c"};
  for (int i = 0; i < 20'000; ++i) {
    Words words;
    for (unsigned n = random.below(8); n > 0; --n) {
      words.push_back(pool[random.below(static_cast<unsigned>(pool.size()))]);
    }
    const Result<CommandLine> line = parse_command_line(words);
    if (!line) continue;
    ASSERT_GE(line->command_at, 1U);
    ASSERT_LT(line->command_at, words.size());
    EXPECT_EQ(words[line->command_at - 1], "--");
  }
}

TEST(CommandLine, RulesOfRetriesAddUpAndTheirErrorsSayWhatWasExpected) {
  const CommandLine line =
      parsed({"--retry", "exit:4=3", "--retry=crash=1,oom=2", "--backoff", "2s", "--", "cmd"});
  const Policy policy = *with_options({}, line.options);
  EXPECT_EQ(to_text(policy.retry.rules), "exit:4=3,crash=1,oom=2");
  EXPECT_EQ(policy.retry.backoff, (Backoff{Milliseconds{2000}, Milliseconds{2000}}));
  EXPECT_NE(refusal({"--retry", "exit:4=3", "--retry", "exit:4=1", "--", "c"}).find("twice"),
            std::string::npos);
  EXPECT_NE(refusal({"--retry", "often", "--", "c"}).find("expected exit:CODE=N"),
            std::string::npos);
  EXPECT_NE(refusal({"--backoff", "later", "--", "c"}).find("expected a duration"),
            std::string::npos);
}

TEST(CommandLine, ServicesAddUpAndStandWithSemicolonsBetween) {
  const CommandLine line = parsed({"--service", "db;web:exclusive", "--service=db:fresh", "--tree",
                                   "b", "--config", "Debug", "--", "cmd"});
  const std::vector<ServiceUse> uses{{"db", ServiceMode::fresh}, {"web", ServiceMode::exclusive}};
  EXPECT_EQ(with_options({}, line.options)->services, uses);
  EXPECT_EQ(line.tree, "b");
  EXPECT_EQ(line.configuration, "Debug");
  for (const char* wrong : {"", ";db", "db;;web", "db:some", "d b"}) {
    EXPECT_NE(refusal({"--service", wrong, "--", "c"}).find("--service"), std::string::npos);
  }
  EXPECT_EQ(refusal({"--tree", "", "--", "c"}), "--tree \"\": expected a build tree");
}

}  // namespace
}  // namespace holdfast
