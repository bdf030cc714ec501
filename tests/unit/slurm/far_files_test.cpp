#include "slurm/far_job.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/names.hpp"
#include "journal/scratch_directory.hpp"

namespace holdfast::exec {
namespace {

TEST(FarFiles, RecordsOfCasesAreReadInWholeLinesFromWhereOneIs) {
  const ScratchDirectory directory;
  const FarFiles files(directory.path() / "far", "7");
  EXPECT_EQ(files.lines(names::k_far_cases_suffix), "");
  ASSERT_TRUE(files.begin("job"));
  std::ofstream file(files.path(names::k_far_cases_suffix), std::ios::app);
  file << "one\ntwo\nthr" << std::flush;
  EXPECT_EQ(files.lines(names::k_far_cases_suffix), "one\ntwo\n");
  EXPECT_EQ(files.lines(names::k_far_cases_suffix, 8), "");
  file << "ee\n" << std::flush;
  EXPECT_EQ(files.lines(names::k_far_cases_suffix, 8), "three\n");
  files.remove();
  EXPECT_TRUE(std::filesystem::is_empty(directory.path() / "far"));
}

TEST(FarFiles, ASignalIsHeardWhenAllOfItIsWritten) {
  const ScratchDirectory directory;
  const FarFiles files(directory.path() / "far", "7");
  ASSERT_TRUE(files.begin("job"));
  files.tell(2);
  std::ofstream control(directory.path() / "far" / "7.control", std::ios::app);
  control << "1" << std::flush;
  EXPECT_EQ(files.told(), std::vector<int>{2});
  control << "5\n" << std::flush;
  EXPECT_EQ(files.told(), (std::vector<int>{2, 15}));
}

TEST(FarFiles, WhatIsNoSignalIsNotHeard) {
  const ScratchDirectory directory;
  const FarFiles files(directory.path() / "far", "7");
  EXPECT_TRUE(files.told().empty()) << "the file is gone";
  ASSERT_TRUE(files.begin("job"));
  std::ofstream(directory.path() / "far" / "7.control") << "\nTERM\n2x\n15\n";
  EXPECT_EQ(files.told(), std::vector<int>{15});
}

TEST(FarFiles, AreFoundByTheirJob) {
  EXPECT_EQ(FarFiles::of_job("/run/far/7.job").path(names::k_far_job_suffix), "/run/far/7.job");
  EXPECT_EQ(FarFiles::of_job("/run/far/7").path(names::k_far_job_suffix), "/run/far/7.job");
}

TEST(FarFiles, NoneStaysWhenTheAttemptIsOver) {
  const ScratchDirectory directory;
  const FarFiles files(directory.path() / "far", "7");
  ASSERT_TRUE(files.begin("job"));
  ASSERT_TRUE(files.put(names::k_far_started_suffix, "started"));
  ASSERT_TRUE(files.put(names::k_far_ended_suffix, "ended"));
  EXPECT_EQ(files.record(names::k_far_started_suffix), "started");
  EXPECT_EQ(files.record(names::k_far_ended_suffix), "ended");
  std::ofstream(files.path(names::k_far_log_suffix)) << "a line\nhalf a l";
  std::ofstream(files.path(names::k_far_cases_suffix)) << "a record\n";
  EXPECT_EQ(files.lines(names::k_far_log_suffix), "a line\n");
  files.remove();
  EXPECT_TRUE(std::filesystem::is_empty(directory.path() / "far"));
}

TEST(FarFiles, KnowWhatTheTestsOfTheirRunHaveFoundOut) {
  const ScratchDirectory directory;
  const FarFiles run(directory.path(), "7");
  EXPECT_FALSE(run.is_over());
  EXPECT_TRUE(run.left_out().empty());
  run.leave_out("n1");
  run.leave_out("n1");
  run.leave_out("");  // Slurm has not said which
  run.leave_out("../n2");
  EXPECT_EQ(run.left_out(), std::vector<std::string>{"n1"});
  run.note_over();
  EXPECT_TRUE(run.is_over());
}

}  // namespace
}  // namespace holdfast::exec
