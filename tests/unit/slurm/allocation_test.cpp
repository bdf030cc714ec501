// Which job and which nodes the variables of Slurm name.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "slurm/srun_process.hpp"

namespace holdfast::exec {
namespace {

Allocation allocation(std::vector<std::string> variables) {
  std::vector<char*> entries;
  for (std::string& variable : variables) entries.push_back(variable.data());
  entries.push_back(nullptr);
  return allocation_of_ctest(entries.data());
}

class AllocationOfCtest : public testing::Test {
 protected:
  void SetUp() override {
    // Those of the process that has started this one would count.
    if (std::getenv("SLURM_JOB_ID") != nullptr || std::getenv("SLURM_JOBID") != nullptr) {
      GTEST_SKIP() << "this test runs inside of an allocation";
    }
  }
};

TEST_F(AllocationOfCtest, IsThatOfItsJob) {
  const Allocation seen = allocation({"SLURM_JOB_ID=12", "SLURM_JOB_NODELIST=n[1-2]", "A=b"});
  EXPECT_EQ(seen.job, "12");
  EXPECT_EQ(seen.nodes, "n[1-2]");
  EXPECT_EQ(seen.environment.size(), 3U);
  EXPECT_TRUE(seen.of_test.empty());
  EXPECT_EQ(allocation({"A=b"}).job, "");
}

TEST_F(AllocationOfCtest, IsThatOfATaskInAnArray) {
  EXPECT_EQ(allocation({"SLURM_JOB_ID=12", "SLURM_ARRAY_JOB_ID=10", "SLURM_ARRAY_TASK_ID=3"}).job,
            "10_3");
  EXPECT_EQ(allocation({"SLURM_JOB_ID=12", "SLURM_ARRAY_JOB_ID=10"}).job, "12");
}

TEST_F(AllocationOfCtest, MayHaveTheNamesOfOlderReleases) {
  const Allocation older = allocation({"SLURM_JOBID=12", "SLURM_NODELIST=n1"});
  EXPECT_EQ(older.job, "12");
  EXPECT_EQ(older.nodes, "n1");
  const Allocation both =
      allocation({"SLURM_JOBID=1", "SLURM_JOB_ID=2", "SLURM_NODELIST=a", "SLURM_JOB_NODELIST=b"});
  EXPECT_EQ(both.job, "2");
  EXPECT_EQ(both.nodes, "b");
}

}  // namespace
}  // namespace holdfast::exec
