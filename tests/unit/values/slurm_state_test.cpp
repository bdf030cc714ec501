#include "values/srun_words.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Names = std::vector<std::string>;
using Kind = LostStart::Kind;

// What srun 22.05.8 prints.
constexpr const char* k_launched =
    "srun: jobid 4: nodes(2):`n[1-2]', cpu counts: 2(x2)\n"
    "srun: launching StepId=4.0 on host n1, 1 tasks: 0\n"
    "srun: error: Task launch for StepId=4.0 failed on node n1: Communication connection failure\n"
    "srun: error: Application launch failed: Communication connection failure\n";
constexpr const char* k_too_wide =
    "srun: error: Unable to create step for job 4: More processors requested than permitted\n";
constexpr const char* k_no_controller =
    "srun: error: Unable to create step for job 4: Unable to contact slurm controller (connect "
    "failure)\n";
constexpr const char* k_no_program =
    "srun: launching StepId=4.0 on host n1, 1 tasks: 0\n"
    "slurmstepd-n1: error: execve(): /p/holdfast-exec: No such file or directory\n"
    "srun: error: n1: task 0: Exited with exit code 2\n";
constexpr const char* k_no_gpu = "srun: error: Invalid generic resource (gres) specification\n";

TEST(SlurmState, OfAJobIsWhatSqueueSays) {
  for (const char* state : {"RUNNING", "SUSPENDED", "CONFIGURING", "RESIZING", "STOPPED"}) {
    EXPECT_EQ(job_state_in(true, std::string(state) + "\n", ""), JobState::running) << state;
  }
  EXPECT_EQ(job_state_in(true, "", ""), JobState::over);
  EXPECT_EQ(job_state_in(true, "COMPLETING\n", ""), JobState::over);
  EXPECT_EQ(job_state_in(false, "", "slurm_load_jobs error: Invalid job id specified\n"),
            JobState::over);
  EXPECT_EQ(job_state_in(false, "", "slurm_load_jobs error: Unable to contact slurm controller\n"),
            JobState::unknown);
}

TEST(SlurmState, NodesThatAreDownOrDoNotAnswerAreLost) {
  EXPECT_EQ(lost_nodes_in("n1 allocated\nn2 down*\nn2 down*\nn3 mixed*\nn4 draining\nn5 down\n"),
            (Names{"n2", "n3", "n5"}));
  EXPECT_EQ(lost_nodes_in("n1 unknown\nn2 idle\nn3 powered_down\nn4 powering_up\n"),
            (Names{"n1", "n3", "n4"}));
}

TEST(SlurmState, NodesAreNamedLineByLine) {
  EXPECT_EQ(names_in_lines("n1\n\n n2 \nn3"), (Names{"n1", "n2", "n3"}));
}

TEST(SlurmState, AJobWaitsForAReasonUntilATaskRuns) {
  EXPECT_EQ(reason_to_wait("PENDING PartitionConfig\n"), "PartitionConfig");
  EXPECT_EQ(reason_to_wait("PENDING None\n"), "None");
  EXPECT_EQ(reason_to_wait("\nPENDING Priority\n \n"), "Priority");
  EXPECT_EQ(reason_to_wait("PENDING Resources\nRUNNING None\n"), "");
  EXPECT_EQ(reason_to_wait("RUNNING None\nPENDING Resources\n"), "");
  EXPECT_EQ(reason_to_wait(""), "");
}

TEST(SlurmState, SrunNamesTheNodeAndTheReason) {
  const SrunWords launched = words_of_srun(k_launched);
  EXPECT_TRUE(launched.launches);
  EXPECT_EQ(launched.node, "n1");
  EXPECT_EQ(launched.refusal, "");
  EXPECT_EQ(launched.last, "Application launch failed: Communication connection failure");
  const SrunWords wide = words_of_srun(k_too_wide);
  EXPECT_FALSE(wide.launches);
  EXPECT_EQ(wide.refusal, "More processors requested than permitted");
  EXPECT_EQ(words_of_srun(k_no_gpu).refusal, "Invalid generic resource (gres) specification");
  EXPECT_EQ(words_of_srun("/usr/bin/srun: unrecognized option '--no-such=1'\n"
                          "Try \"srun --help\" for more information\n")
                .refusal,
            "unrecognized option '--no-such=1'");
  EXPECT_EQ(words_of_srun("srun: invalid option -- 'y'\n").last, "invalid option -- 'y'");
  // If nothing was said before, that is all there is to say.
  EXPECT_EQ(words_of_srun("srun: error: n1: task 0: Exited with exit code 2\n").last,
            "n1: task 0: Exited with exit code 2");
  // That may pass.
  EXPECT_EQ(words_of_srun("srun: fatal: failed to initialize auth plugin\n").refusal, "");
  EXPECT_EQ(words_of_srun("slurmstepd-n1: error: execve(): /no/such: No such file or directory\n"
                          "srun: error: n1: task 0: Exited with exit code 2\n")
                .last,
            "execve(): /no/such: No such file or directory");
}

TEST(SlurmState, HoldfastSaysWhyItCannotRunOnTheNode) {
  const SrunWords missing = words_of_srun(k_no_program);
  EXPECT_EQ(missing.trouble, "execve(): /p/holdfast-exec: No such file or directory");
  EXPECT_EQ(words_of_srun("holdfast: failed to read /t/far/job: Permission denied\n").trouble,
            "failed to read /t/far/job: Permission denied");
  EXPECT_EQ(words_of_srun(k_launched).trouble, "");
}

TEST(SlurmState, SlurmstepdSaysThatMemoryWasOver) {
  EXPECT_TRUE(
      words_of_srun("slurmstepd-n1: error: Detected 1 oom-kill event(s) in StepId=4.0. Some "
                    "of your processes may have been killed by the cgroup out-of-memory "
                    "handler.\n")
          .out_of_memory);
  EXPECT_TRUE(words_of_srun("srun: error: n1: task 0: Out Of Memory\n").out_of_memory);
  EXPECT_TRUE(
      words_of_srun("slurmstepd: error: Detected 1 oom_kill event in StepId=4.0.\n").out_of_memory);
  EXPECT_FALSE(words_of_srun(k_launched).out_of_memory);
}

TEST(SlurmState, TellsWhyAStepHasNotBegun) {
  const struct {
    JobState job;
    Names down;
    Names left_out;
    const char* said;
    Kind kind;
    const char* node;
    const char* why;
  } rows[] = {
      {JobState::running,
       {},
       {},
       k_too_wide,
       Kind::refused,
       "",
       "no node of the allocation can ever run it: More processors requested than permitted"},
      {JobState::running,
       {},
       {},
       k_no_gpu,
       Kind::refused,
       "",
       "no node of the allocation can ever run it: Invalid generic resource (gres) specification"},
      // It might fit on the node that is down, or on the one that was left out.
      {JobState::running,
       {"n2"},
       {},
       k_too_wide,
       Kind::node_lost,
       "",
       "its step could not be started (Unable to create step for job 4: More processors requested "
       "than permitted)"},
      {JobState::running,
       {},
       {"n2"},
       k_too_wide,
       Kind::no_node_left,
       "",
       "no node is left that could run it (Unable to create step for job 4: More processors "
       "requested than permitted)"},
      {JobState::running,
       {},
       {},
       k_launched,
       Kind::node_lost,
       "n1",
       "its step could not be started on n1 (Application launch failed: Communication connection "
       "failure)"},
      // The controller is there again, and the step might have fitted.
      {JobState::running,
       {},
       {},
       k_no_controller,
       Kind::node_lost,
       "",
       "its step could not be started (Unable to create step for job 4: Unable to contact slurm "
       "controller (connect failure))"},
      {JobState::running,
       {},
       {},
       k_no_program,
       Kind::refused,
       "n1",
       "Holdfast cannot run on node n1: execve(): /p/holdfast-exec: No such file or directory"},
      {JobState::over, {}, {}, k_launched, Kind::allocation_over, "", "the allocation is over"},
      {JobState::unknown, {}, {}, "", Kind::node_lost, "", "Slurm's controller does not answer"},
      {JobState::unknown,
       {},
       {},
       k_launched,
       Kind::node_lost,
       "n1",
       "Slurm's controller does not answer (Application launch failed: Communication connection "
       "failure)"},
      // The step was there, so a node of the allocation can run it.
      {JobState::running,
       {},
       {},
       "srun: launching StepId=4.0 on host n1, 1 tasks: 0\n"
       "srun: error: Memory required by task is not available\n",
       Kind::node_lost,
       "n1",
       "its step could not be started on n1 (Memory required by task is not available)"},
  };
  for (const auto& row : rows) {
    const LostStart lost = lost_start(row.job, row.down, row.left_out, words_of_srun(row.said));
    EXPECT_EQ(lost.kind, row.kind) << row.why;
    EXPECT_EQ(lost.node, row.node) << row.why;
    EXPECT_EQ(lost.why, row.why);
  }
}

}  // namespace
}  // namespace holdfast
