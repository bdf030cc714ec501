#include "values/srun_words.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Words = std::vector<std::string>;

TEST(SrunWords, AreSplitAtBlanksOutsideOfQuotes) {
  const struct {
    const char* text;
    Words words;
  } rows[] = {
      {"", {}},
      {"  ", {}},
      {"--mem=4G  --gres gpu:1", {"--mem=4G", "--gres", "gpu:1"}},
      {"--comment='two words' -w \"n 1\"", {"--comment=two words", "-w", "n 1"}},
      {"--comment='a\"b'", {"--comment=a\"b"}},
      {"--mem=4G\t-p\nmain\n", {"--mem=4G", "-p", "main"}},
      {"-p main", {"-p", "main"}},
      {"--exclusive --no-kill", {"--exclusive", "--no-kill"}},
      {"-vpmain -Xp main", {"-vpmain", "-Xp", "main"}},
      {"-koff -K1 -vI", {"-koff", "-K1", "-vI"}},
  };
  for (const auto& row : rows) {
    const Result<Words> words = srun_words(row.text);
    ASSERT_TRUE(words) << row.text << ": " << to_text(words.error());
    EXPECT_EQ(*words, row.words) << row.text;
  }
}

TEST(SrunWords, WhatHoldfastSetsAndWhatIsNoOptionIsRefused) {
  for (const char* text : {"true",
                           "--mem=4G rm -rf",
                           "-n4",
                           "-n",
                           "--ntasks=4",
                           "--ntask=4",
                           "-N2",
                           "--nodes",
                           "-l",
                           "--label",
                           "--output=/x",
                           "-o/x",
                           "--pty",
                           "--jobid=3",
                           "-c2",
                           "--cpus-per-task=3",
                           "--",
                           "-",
                           "--mem='4G",
                           "--help",
                           "--exclude",
                           "-xn1",
                           "--exclud=n1",
                           "--quiet",
                           "-Q",
                           "-vl",
                           "-Xn2",
                           "--exclusive /bin/echo",
                           "-I5 /bin/echo",
                           "-K1 /bin/echo",
                           "--nice /bin/echo",
                           "--test-only",
                           "-sv /bin/echo",
                           "-H",
                           "--no-allocate",
                           "--hold"}) {
    EXPECT_FALSE(srun_words(text)) << text;
  }
  EXPECT_EQ(to_text("options", srun_words("--mem=1G --ntasks=4").error()),
            "options \"--ntasks=4\": expected an option of srun that says what the step needs, and "
            "none that Holdfast sets itself (nodes to leave out: --exclude=NODES)");
}

TEST(SrunWords, AStepIsOneTaskOnOneNode) {
  FarStep step;
  step.processors = 3;
  step.options = {"--mem=4G"};
  step.left_out_nodes = {"n1", "n4"};
  step.command = {"/p/holdfast-exec", "--far", "/t/a job"};
  EXPECT_EQ(srun_command(step),
            (Words{"srun", "--exact", "--verbose", "-N1", "-n1", "-c3", "--mem=4G",
                   "--exclude=n1,n4", "/p/holdfast-exec", "--far", "/t/a job"}));
}

TEST(SrunWords, NodesThatWereLostAreAddedToThoseThatTheUserLeavesOut) {
  FarStep step;
  step.options = {"--exclude=n7", "--mem=4G", "--exclude=n8"};
  step.left_out_nodes = {"n1"};
  step.command = {"/p"};
  EXPECT_EQ(srun_command(step), (Words{"srun", "--exact", "--verbose", "-N1", "-n1", "-c1",
                                       "--mem=4G", "--exclude=n7,n8,n1", "/p"}));
}

TEST(SrunWords, VariablesThatWouldChangeWhatSrunPrintsAreKeptFromIt) {
  EXPECT_TRUE(is_kept_from_srun("SLURM_LABELIO=1"));
  EXPECT_TRUE(is_kept_from_srun("LD_PRELOAD=/x"));
  EXPECT_TRUE(is_kept_from_srun("HOLDFAST_CLUSTER_PASSWORD=x"));
  EXPECT_FALSE(is_kept_from_srun("HOLDFAST_CLUSTER_ENDPOINTS=x"));
  EXPECT_FALSE(is_kept_from_srun("SLURM_JOB_ID=1"));
  EXPECT_FALSE(is_kept_from_srun("PATH=LD_"));
  EXPECT_TRUE(is_of_step("SLURM_STEP_ID=1"));
  EXPECT_TRUE(is_of_step("CUDA_VISIBLE_DEVICES=0"));
  EXPECT_FALSE(is_of_step("PATH=/x"));
}

}  // namespace
}  // namespace holdfast
