// What the far side says of a job that it cannot begin. No process of a test is started.
#include "slurm/far_side.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/names.hpp"
#include "journal/scratch_directory.hpp"
#include "os/child_process.hpp"
#include "slurm/far_job.hpp"

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
