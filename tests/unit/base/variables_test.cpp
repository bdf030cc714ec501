#include "base/environment.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Variables, AreNamedInFull) {
  EXPECT_TRUE(is_variable("SLURM_JOB=7", "SLURM_JOB"));
  EXPECT_TRUE(is_variable("EMPTY=", "EMPTY"));
  EXPECT_FALSE(is_variable("SLURM_JOB_ID=7", "SLURM_JOB"));
  EXPECT_FALSE(is_variable("SLURM_JOB", "SLURM_JOB"));
  const std::vector<std::string> entries{"GTEST_OUTPUT_DIR=x", "GTEST_OUTPUT=a=b"};
  EXPECT_EQ(variable_in(entries, "GTEST_OUTPUT"), "a=b");
  char longer[] = "GTEST_OUTPUT_DIR=x";
  char* environment[] = {longer, nullptr};
  EXPECT_EQ(variable_in(environment, "GTEST_OUTPUT", "unset"), "unset");
}

}  // namespace
}  // namespace holdfast
