// A whole attempt on a node, beside ctest. Scripts are Slurm's programs, and the node.
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attempt/started.hpp"
#include "base/environment.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "journal/scratch_directory.hpp"
#include "slurm/near_run.hpp"
#include "values/held_locks.hpp"

namespace holdfast::exec {
namespace {

namespace fs = std::filesystem;

supervision::AttemptResult exited(int code) {
  supervision::AttemptResult result;
  result.observation.main = {ProcessEnd::Kind::exited, code};
  result.outcome = outcome_of(result.observation);
  return result;
}

// A lock over machines.
class ClusterLock final : public supervision::Need {
 public:
  std::optional<supervision::AttemptResult> acquire(supervision::TestAtHand& /*test*/) override {
    return std::nullopt;
  }
  Result<void> begin_watch() override {
    if (!watchable) return ErrorInWords{"there is no clock"};
    return {};
  }
  void join(os::Wait& wait) override {
    if (is_lost) wait.until(os::monotonic_now());
  }
  News look(const os::Wait& /*wait*/) override {
    return std::exchange(is_lost, false) ? News::lost : News::none;
  }

  bool watchable = true;
  bool is_lost = false;
};

class NodeRun : public testing::Test {
 protected:
  NodeRun() : before_(std::getenv("PATH")) {
    ::setenv("PATH", (path("bin") + ":/usr/bin:/bin").c_str(), 1);
    identity_.test = "t";
    identity_.attempt = "r.2";
    identity_.n = 2;
    identity_.journal = path("run/journal.jsonl");
    fs::create_directories(path("run"));
    plan_.identity = &identity_;
    plan_.teller = &teller_;
    plan_.test = &test_;
    plan_.command.environment = told_.data();
    test_.grant.identity = identity_;
    test_.grant.attempt = "r.1";
    test_.grant.run = "r";
    test_.grant.journal = identity_.journal;
    test_.grant.scratch = "/s/1";
    program("scontrol", "printf 'n1\\nn2\\n'");
    program("squeue", "echo RUNNING");
    program("sinfo", "printf 'n1 idle\\nn2 idle\\n'");
  }
  ~NodeRun() override { ::setenv("PATH", before_.c_str(), 1); }
  void SetUp() override {
    // Those of the process that has started this one would count.
    if (std::getenv("SLURM_JOB_ID") != nullptr) GTEST_SKIP() << "inside of an allocation";
  }

  std::string path(const std::string& name) const { return (directory_.path() / name).string(); }
  static std::string text_in(const std::string& name) {
    std::ifstream file(name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void program(const std::string& name, const std::string& script) const {
    const std::string file =
        directory_.write("bin/" + name, "#!/bin/sh\n" + script + "\n").string();
    ::chmod(file.c_str(), 0755);
  }
  // srun begins with this script, in which `$far` begins the names of the attempt's files.
  void srun(const std::string& script) const {
    program("srun",
            "for job; do :; done; far=${job%.job}; touch '" + path("asked") + "'\n" + script);
  }
  // Parts of such a script.
  std::string starts() const { return puts("started", to_text(FarStart{"n1", "1", "x86_64"})); }
  std::string ends_as(const supervision::AttemptResult& result) const {
    return puts("ended", to_text(result));
  }
  std::string puts(const std::string& name, const std::string& text) const {
    return "cp '" + directory_.write(name, text).string() + "' $far.part; mv $far.part $far." +
           name + "\n";
  }

  supervision::AttemptResult ran() { return run_on_node(plan_, far_, around_, relay_, cases_); }
  bool was_asked_for_a_step() const { return fs::exists(path("asked")); }
  FarFiles files() const { return {path("run/far"), identity_.attempt}; }
  void retry_on_another_node() { plan_.policy.retry.rules = *parse_retry_rules("node=2"); }

  const ScratchDirectory directory_;
  std::string before_;
  supervision::Started started_{{"--test=t", "/bin/t", "a b"},
                                {supervision::k_attached, "PATH=/usr/bin:/bin", "SLURM_JOB_ID=7",
                                 "SLURM_JOB_NODELIST=n[1-2]", "A=1", "HOLDFAST_HELD=user/outer#o.1",
                                 "HOLDFAST_CLUSTER_PASSWORD=secret", "HOLDFAST_P_PROCESSORS=2"}};
  supervision::TestAtHand test_{
      started_.invocation(), {{}, std::move(*os::SignalQueue::open()), {}}, {}, {}, {}};
  std::string held_ = "HOLDFAST_HELD=user/db#r.2";
  std::string slot_ = std::string(environment::k_slot_prefix) + "GPU=1";
  std::string fence_ = std::string(environment::k_fence_prefix) + "GPU=9";
  std::string other_ = "B=2";
  std::vector<char*> told_{held_.data(), slot_.data(), fence_.data(), other_.data(), nullptr};
  supervision::AttemptIdentity identity_;
  supervision::Teller teller_{nullptr, Loudness::quiet};
  Policy far_;
  supervision::AttemptPlan plan_;
  supervision::Surroundings around_{{}, std::move(*os::SignalQueue::open()), {}};
  OutputRelay relay_{std::string()};
  std::vector<std::string> cases_;
};

TEST_F(NodeRun, TheJobHasAllThatTheNodeMustKnowAndNothingElse) {
  far_.grace = Milliseconds{7000};
  plan_.policy.timeout = Milliseconds{1500};
  plan_.policy.locks = {retry_alone_lock()};
  have_to_itself(plan_.policy.locks);
  far_.isolation.emplace();
  far_.processors = 4;
  plan_.policy.engine.options = "--mem=1G --exclude=n9";
  cases_ = {"A.a", "A.b"};
  srun("cp $job '" + path("job") + "'; env > '" + path("env") + "'; echo \"$@\" > '" +
       path("words") + "'\n" + starts() + ends_as(exited(3)));
  const supervision::AttemptResult result = ran();
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_EQ(result.observation.main.exit_code(), 3);
  EXPECT_EQ(result.node, "n1");
  EXPECT_TRUE(fs::is_empty(path("run/far"))) << "no file of the two sides stays";

  const Result<FarJob> job = far_job_in(text_in(path("job")));
  ASSERT_TRUE(job) << job.error().message;
  EXPECT_EQ(job->version, HOLDFAST_VERSION);
  EXPECT_EQ(job->arguments,
            (std::vector<std::string>{"holdfast-launcher", "--test=t", "/bin/t", "a b"}));
  EXPECT_EQ(job->directory, fs::current_path().string());
  EXPECT_EQ(job->n, 2U);
  EXPECT_EQ(job->cases, cases_);
  EXPECT_EQ(job->one_stream, relay_.streams_are_one());
  EXPECT_EQ(job->variables,
            (std::vector<Variable>{{"HOLDFAST_SLOT_GPU", "1"}, {"HOLDFAST_FENCE_GPU", "9"}}));
  const auto has = [&](const std::string& entry) {
    return std::ranges::count(job->environment, entry);
  };
  EXPECT_EQ(has("A=1"), 1);
  EXPECT_EQ(has("HOLDFAST_HELD=user/db#r.2"), 1) << "what it holds here";
  EXPECT_EQ(has("HOLDFAST_HELD=user/outer#o.1"), 0);
  EXPECT_EQ(has("HOLDFAST_CLUSTER_PASSWORD=secret"), 0);
  EXPECT_EQ(job->grant.attempt, "r.2") << "of the attempt at hand";
  EXPECT_EQ(job->grant.run, "r");
  EXPECT_EQ(job->grant.journal, "") << "only this machine writes to it";
  EXPECT_EQ(job->grant.scratch, "");
  EXPECT_EQ(job->grant.policy.grace, Milliseconds{7000});
  EXPECT_EQ(job->grant.policy.timeout, Milliseconds{1500});
  EXPECT_EQ(job->grant.policy.processors, 1U) << "it has to be alone";

  const std::string environment = "\n" + text_in(path("env"));
  EXPECT_NE(environment.find("\nSLURM_JOB_ID=7\n"), std::string::npos) << environment;
  EXPECT_EQ(environment.find("secret"), std::string::npos) << environment;
  const std::string words = text_in(path("words"));
  EXPECT_NE(words.find(" -c2 "), std::string::npos) << words;
  EXPECT_NE(words.find(" --mem=1G --exclude=n9 "), std::string::npos) << words;
}

TEST_F(NodeRun, ABatchThatIsNotAloneHasItsProcessors) {
  far_.isolation.emplace();
  far_.processors = 4;
  srun("cp $job '" + path("job") + "'\n" + starts() + ends_as(exited(0)));
  EXPECT_EQ(ran().outcome, Outcome::passed);
  EXPECT_EQ(far_job_in(text_in(path("job")))->grant.policy.processors, 4U);
}

TEST_F(NodeRun, ANodeThatIsLeftOutGetsNoStep) {
  srun("echo \"$@\" > '" + path("words") + "'\n" + starts() + ends_as(exited(0)));
  fs::create_directories(path("run/far"));
  files().leave_out("n2");
  EXPECT_EQ(ran().outcome, Outcome::passed);
  EXPECT_NE(text_in(path("words")).find(" --exclude=n2 "), std::string::npos);
  fs::remove(path("asked"));
  files().leave_out("n1");
  const supervision::AttemptResult none = ran();
  EXPECT_EQ(none.outcome, Outcome::node_lost);
  EXPECT_TRUE(none.has_no_node);
  EXPECT_NE(none.remark, "");
  EXPECT_FALSE(was_asked_for_a_step());
  // Slurm does not say which nodes there are, so there may be another one.
  program("scontrol", "exit 1");
  EXPECT_EQ(ran().outcome, Outcome::passed);
}

TEST_F(NodeRun, AfterTheEndOfItsAllocationThereIsNone) {
  srun("exit 1");
  program("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1");
  const supervision::AttemptResult first = ran();
  EXPECT_EQ(first.outcome, Outcome::node_lost);
  EXPECT_TRUE(first.has_no_node);
  EXPECT_EQ(first.remark, "the allocation (job 7) is over");
  EXPECT_TRUE(was_asked_for_a_step());
  fs::remove(path("asked"));
  const supervision::AttemptResult next = ran();
  EXPECT_TRUE(next.has_no_node);
  EXPECT_EQ(next.remark, first.remark);
  EXPECT_FALSE(was_asked_for_a_step()) << "each test would ask again";
}

TEST_F(NodeRun, ALostNodeIsLeftOutOnlyIfAnotherMayBeTried) {
  supervision::AttemptResult told;
  told.observation.node_lost = true;
  told.note = "slurmstepd was killed";
  srun(starts() + ends_as(told));
  const supervision::AttemptResult first = ran();
  EXPECT_EQ(first.outcome, Outcome::node_lost);
  EXPECT_EQ(first.node, "n1");
  EXPECT_NE(first.note.find("node n1 lost: slurmstepd was killed"), std::string::npos)
      << first.note;
  EXPECT_TRUE(files().left_out().empty());
  retry_on_another_node();
  EXPECT_EQ(ran().outcome, Outcome::node_lost);
  EXPECT_EQ(files().left_out(), std::vector<std::string>{"n1"});
}

TEST_F(NodeRun, ARefusalMayPassWhileANodeIsDownAndIsTheEndWithOneLeftOut) {
  srun(
      "echo 'srun: error: Unable to create step for job 7: Requested node configuration is not "
      "available' >&2; exit 1");
  program("sinfo", "printf 'n1 idle\\nn2 down*\\n'");
  const supervision::AttemptResult lost = ran();
  EXPECT_EQ(lost.outcome, Outcome::node_lost);
  EXPECT_FALSE(lost.has_no_node);
  EXPECT_NE(lost.note.find("could not be started"), std::string::npos) << lost.note;
  files().leave_out("n1");
  const supervision::AttemptResult none = ran();
  EXPECT_EQ(none.outcome, Outcome::node_lost);
  EXPECT_TRUE(none.has_no_node);
}

TEST_F(NodeRun, AStepThatCanNeverBeIsRefusedInSlurmsWords) {
  srun(
      "echo 'srun: error: Unable to create step for job 7: Requested node configuration is not "
      "available' >&2; exit 1");
  retry_on_another_node();
  const supervision::AttemptResult result = ran();
  EXPECT_EQ(result.outcome, Outcome::internal_error);
  EXPECT_NE(result.note.find("Requested node configuration is not available"), std::string::npos)
      << result.note;
  EXPECT_FALSE(result.has_no_node);
  EXPECT_TRUE(files().left_out().empty());
  EXPECT_FALSE(files().is_over());
}

TEST_F(NodeRun, AControllerThatDoesNotAnswerIsNoEndOfTheAllocation) {
  srun("exit 1");
  program("squeue", "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1");
  const supervision::AttemptResult result = ran();
  EXPECT_EQ(result.outcome, Outcome::node_lost);
  EXPECT_FALSE(result.has_no_node);
  EXPECT_FALSE(files().is_over());
  EXPECT_NE(result.note.find("does not answer"), std::string::npos) << result.note;
}

TEST_F(NodeRun, WhoseFilesCannotBeMadeLeavesNone) {
  srun("exit 1");
  fs::create_directories(path("run/far"));
  // A directory stands where the job is to be written.
  fs::create_directories(path("run/far/r.2.job.part/in-the-way"));
  const supervision::AttemptResult result = ran();
  EXPECT_EQ(result.outcome, Outcome::internal_error);
  EXPECT_NE(result.note.find("r.2.job"), std::string::npos) << result.note;
  EXPECT_FALSE(was_asked_for_a_step());
  EXPECT_FALSE(fs::exists(path("run/far/r.2.control"))) << "it was begun";
}

TEST_F(NodeRun, ARecordThatIsNotUnderstoodIsOurFailure) {
  srun(starts() + puts("ended", "of another version"));
  EXPECT_EQ(ran().outcome, Outcome::internal_error);
  EXPECT_TRUE(fs::is_empty(path("run/far")));
}

TEST_F(NodeRun, AnEndForWhichNobodyHereHasAskedIsALostNode) {
  supervision::AttemptResult orphaned;
  orphaned.observation.main = {ProcessEnd::Kind::signalled, SIGTERM};
  orphaned.observation.end_reason = EndReason::parent_gone;
  orphaned.outcome = outcome_of(orphaned.observation);
  srun(starts() + ends_as(orphaned));
  const supervision::AttemptResult lost = ran();
  EXPECT_EQ(lost.outcome, Outcome::node_lost);
  EXPECT_NE(lost.note.find("node n1 lost: its step ended before it did"), std::string::npos)
      << lost.note;
  // A signal that the test itself got there is told by Slurm in another way.
  supervision::AttemptResult timed_out = orphaned;
  timed_out.observation.end_reason = EndReason::timeout;
  timed_out.outcome = outcome_of(timed_out.observation);
  srun(starts() + ends_as(timed_out));
  EXPECT_EQ(ran().outcome, Outcome::timed_out);
}

// srun is gone, this side has told the test to end, and its end comes later.
TEST_F(NodeRun, AnEndThatFollowsFromALostSrunIsALostNode) {
  supervision::AttemptResult ended;
  ended.observation.main = {ProcessEnd::Kind::signalled, SIGTERM};
  ended.observation.end_reason = EndReason::signal;
  ended.observation.end_signal = SIGTERM;
  ended.outcome = outcome_of(ended.observation);
  const std::string later =
      "(n=0; until grep -q '^15$' $far.control || [ $n = 5000 ]; do "
      "n=$((n + 1)); done; ";
  srun(starts() + later + ends_as(ended) + ") >/dev/null 2>&1 &");
  EXPECT_EQ(ran().outcome, Outcome::node_lost);
  // One that had ended by itself just then has its own end.
  srun(starts() + later + ends_as(exited(3)) + ") >/dev/null 2>&1 &");
  EXPECT_EQ(ran().outcome, Outcome::failed);
}

TEST_F(NodeRun, SlurmKnowsOfAKillForWantOfMemory) {
  supervision::AttemptResult killed;
  killed.observation.main = {ProcessEnd::Kind::signalled, SIGKILL};
  killed.outcome = outcome_of(killed.observation);
  const std::string says =
      "echo 'slurmstepd-n1: error: Detected 1 oom_kill event in StepId=7.0.' >&2\n";
  srun(starts() + ends_as(killed) + says);
  EXPECT_EQ(ran().outcome, Outcome::oom_killed);
  srun(starts() + ends_as(exited(3)) + says);
  EXPECT_EQ(ran().outcome, Outcome::failed) << "it was something else of the step";
}

TEST_F(NodeRun, WithoutAWatchOverItsLocksIsNotBegun) {
  ClusterLock lock;
  lock.watchable = false;
  supervision::Need* const needs[] = {&lock};
  plan_.needs = needs;
  srun(starts() + ends_as(exited(0)));
  const supervision::AttemptResult result = ran();
  EXPECT_EQ(result.outcome, Outcome::internal_error);
  EXPECT_EQ(result.note, "there is no clock");
  EXPECT_FALSE(was_asked_for_a_step());
  EXPECT_TRUE(fs::is_empty(path("run/far")));
}

TEST_F(NodeRun, ThatIsEndedForItsLostLockSaysSo) {
  ClusterLock lock;
  lock.is_lost = true;
  supervision::Need* const needs[] = {&lock};
  plan_.needs = needs;
  supervision::AttemptResult ended;
  ended.observation.main = {ProcessEnd::Kind::signalled, SIGTERM};
  ended.observation.end_reason = EndReason::signal;
  ended.observation.end_signal = SIGTERM;
  ended.outcome = outcome_of(ended.observation);
  srun(starts() + "until grep -q '^15$' $far.control; do sleep 0.01; done\n" + ends_as(ended));
  EXPECT_EQ(ran().observation.end_reason, EndReason::lock_lost);
}

}  // namespace
}  // namespace holdfast::exec
