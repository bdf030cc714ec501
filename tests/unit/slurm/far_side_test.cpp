// What the far side says of a job: of one that it cannot begin, and of one that it runs.
#include "slurm/far_side.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "attempt/started.hpp"
#include "base/names.hpp"
#include "journal/scratch_directory.hpp"
#include "os/child_process.hpp"
#include "slurm/far_job.hpp"
#include "values/srun_words.hpp"

namespace holdfast::exec {
namespace {

// The exit code of a far side that is told this path.
int code_of(const std::string& job_file) {
  os::Child child([&] {
    ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);  // frames are for srun
    return be_far_side(job_file);
  });
  return child.wait();
}

TEST(FarSide, ThatCannotBeginSaysWhyInItsRecord) {
  const struct {
    std::string version;
    std::string directory;
    std::string why;
  } rows[] = {
      {"0.0.0", "/", "expected 0.0.0 as beside ctest"},
      {HOLDFAST_VERSION, "/no-such-directory-of-holdfast", "enter /no-such-directory-of-holdfast"},
  };
  for (const auto& row : rows) {
    const ScratchDirectory directory;
    const FarFiles files(directory.path() / "far", "7");
    FarJob job;
    job.version = row.version;
    job.directory = row.directory;
    job.arguments = {"holdfast-launcher", "--test=t", "/bin/true"};
    ASSERT_TRUE(files.begin(to_text(job)));
    EXPECT_EQ(code_of(files.path(names::k_far_job_suffix)), 0);
    EXPECT_TRUE(far_start_in(files.record(names::k_far_started_suffix)));
    const Result<supervision::AttemptResult> end =
        far_result_in(files.record(names::k_far_ended_suffix));
    ASSERT_TRUE(end) << row.why;
    EXPECT_TRUE(end->observation.own_failure);
    EXPECT_NE(end->note.find(row.why), std::string::npos) << end->note;
    EXPECT_FALSE(std::filesystem::exists(files.path(names::k_far_job_suffix)))
        << "it has the secrets of an environment";
  }
}

TEST(FarSide, WithoutAJobEndsAtOnce) {
  const ScratchDirectory directory;
  EXPECT_EQ(code_of((directory.path() / "far/7.job").string()), 1);
  EXPECT_EQ(code_of(directory.write("far/8.job", "no job").string()), 1);
}

// What came of a shell's command on a node.
struct Ran {
  int code = -1;
  std::string output;
  std::string errors;
  std::string said;    // lines for people
  std::string record;  // of the end, as the frames have it
  std::string file;    // as the file has it
  FarStart start;
};

Ran ran_on_node(const std::string& script, FarJob job = {}, const std::vector<int>& told = {}) {
  const ScratchDirectory directory;
  const FarFiles files(directory.path() / "far", "7");
  job.version = HOLDFAST_VERSION;
  job.directory = directory.path().string();
  job.arguments = {"holdfast-launcher", "--test=t", "/bin/sh", "-c", script};
  job.environment.emplace_back(supervision::k_attached);
  job.environment.emplace_back("PATH=/usr/bin:/bin");
  job.environment.emplace_back("A=job");
  job.environment.emplace_back("SLURM_PROCID=job");
  job.grant.attempt = "7";
  job.grant.run = "r";
  Ran ran;
  EXPECT_TRUE(files.begin(to_text(job)));
  for (const int signal : told) files.tell(signal);
  const std::string frames = (directory.path() / "frames").string();
  os::Child child([&] {
    ::dup2(::open(frames.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), STDOUT_FILENO);
    ::setenv("SLURMD_NODENAME", "n7", 1);
    ::setenv("SLURM_PROCID", "node", 1);
    ::setenv("A", "node", 1);
    ::setenv("ONLY_HERE", "node", 1);
    return be_far_side(files.path(names::k_far_job_suffix));
  });
  ran.code = child.wait();
  std::ifstream file(frames);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  for (const FrameReader::Frame& frame : FrameReader().read(bytes)) {
    if (frame.channel == FarChannel::output) ran.output += frame.bytes;
    if (frame.channel == FarChannel::errors) ran.errors += frame.bytes;
    if (frame.channel == FarChannel::said) ran.said += frame.bytes + "\n";
    if (frame.channel == FarChannel::ended) ran.record += frame.bytes;
  }
  ran.file = files.record(names::k_far_ended_suffix);
  if (const auto start = far_start_in(files.record(names::k_far_started_suffix)))
    ran.start = *start;
  return ran;
}

TEST(FarSide, RunsTheTestAndSaysItsEndInTwoWays) {
  FarJob job;
  job.one_stream = false;
  const Ran ran = ran_on_node("echo out; echo err >&2; exit 3", job);
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.output, "out\n");
  EXPECT_EQ(ran.errors, "err\n");
  EXPECT_EQ(ran.record, ran.file);
  EXPECT_EQ(ran.start.node, "n7");
  EXPECT_EQ(ran.start.version, HOLDFAST_VERSION);
  const Result<supervision::AttemptResult> end = far_result_in(ran.file);
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(end->outcome, Outcome::failed);
  EXPECT_EQ(end->observation.main.exit_code(), 3);
  job.one_stream = true;
  EXPECT_EQ(ran_on_node("echo out; echo err >&2", job).output, "out\nerr\n");
}

TEST(FarSide, TellsTheTestWhatBothSidesKnow) {
  FarJob job;
  job.variables = {{"HOLDFAST_SLOT_GPU", "1,2"}};
  job.n = 3;
  EXPECT_EQ(
      ran_on_node("echo $HOLDFAST_SLOT_GPU $HOLDFAST_ATTEMPT $A $SLURM_PROCID $ONLY_HERE $PWD", job)
          .output.find("1,2 3 job node node /"),
      0U)
      << "what Slurm sets for its step wins, and nothing else";
}

TEST(FarSide, ARequestThatCameBeforeTheTestEndsItToo) {
  const Ran ran = ran_on_node("while true; do sleep 0.05; done", {}, {SIGTERM});
  const Result<supervision::AttemptResult> end = far_result_in(ran.file);
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(end->outcome, Outcome::interrupted);
  EXPECT_EQ(end->observation.end_signal, SIGTERM);
  EXPECT_FALSE(end->observation.node_lost);
}

TEST(FarSide, IsKnownByItsOptionAndItsJob) {
  std::string name = "holdfast-exec";
  std::string option(k_far_option);
  std::string job = "/run/far/7.job";
  char* all[] = {name.data(), option.data(), job.data(), nullptr};
  EXPECT_TRUE(is_far_side(all));
  char* without_job[] = {name.data(), option.data(), nullptr};
  EXPECT_FALSE(is_far_side(without_job));
  char* other[] = {name.data(), job.data(), job.data(), nullptr};
  EXPECT_FALSE(is_far_side(other));
  char* nothing[] = {name.data(), nullptr};
  EXPECT_FALSE(is_far_side(nothing));
}

}  // namespace
}  // namespace holdfast::exec
