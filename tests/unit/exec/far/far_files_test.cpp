#include "exec/far/far_job.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "scratch_directory.hpp"

namespace holdfast::exec {
namespace {

TEST(FarFiles, RecordsOfCasesAreReadInWholeLinesFromWhereOneIs) {
  const ScratchDirectory directory;
  const FarFiles files(directory.path() / "far", "7");
  EXPECT_EQ(files.cases_after(0), "");
  ASSERT_TRUE(files.begin("job"));
  std::ofstream file(files.cases_file(), std::ios::app);
  file << "one\ntwo\nthr" << std::flush;
  EXPECT_EQ(files.cases_after(0), "one\ntwo\n");
  EXPECT_EQ(files.cases_after(8), "");
  file << "ee\n" << std::flush;
  EXPECT_EQ(files.cases_after(8), "three\n");
  files.remove();
  EXPECT_TRUE(std::filesystem::is_empty(directory.path() / "far"));
}

}  // namespace
}  // namespace holdfast::exec
