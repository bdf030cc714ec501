#include "ctest/ctest_options.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

const std::vector<std::string> k_level = {"X=1", "CTEST_PARALLEL_LEVEL=3"};

TEST(CtestJobs, TheyComeFromTheCommandLineElseFromTheEnvironment) {
  EXPECT_EQ(jobs_of({"ctest"}, {}), 1U);
  EXPECT_EQ(jobs_of({"ctest"}, k_level), 3U);
  EXPECT_EQ(jobs_of({"ctest", "-j8"}, k_level), 8U);
  EXPECT_EQ(jobs_of({"ctest", "-j", "4", "-V"}, {}), 4U);
  EXPECT_EQ(jobs_of({"ctest", "--parallel", "5"}, {}), 5U);
  EXPECT_EQ(jobs_of({"ctest", "--parallel=6"}, {}), 6U);
}

TEST(CtestJobs, TheLastOneCountsAndTheValueOfAnotherOptionIsNone) {
  EXPECT_EQ(jobs_of({"ctest", "-j2", "-j7"}, {}), 7U);
  EXPECT_EQ(jobs_of({"ctest", "-R", "-j7"}, {}), 1U);
  EXPECT_EQ(jobs_of({"ctest", "-j", "2", "--test-command", "make", "-j9"}, {}), 2U);
}

TEST(CtestJobs, TheyAreNotKnownIfCtestOrAScriptOrAPresetChooses) {
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"ctest", "-j"},
                                             {"ctest", "-j", "-V"},
                                             {"ctest", "-j0"},
                                             {"ctest", "-jmany"},
                                             {"ctest", "-S", "nightly.cmake"},
                                             {"ctest", "-SP", "nightly.cmake"},
                                             {"ctest", "--script", "nightly.cmake"},
                                             {"ctest", "--script=nightly.cmake"},
                                             {"ctest", "--script-new-process", "nightly.cmake"},
                                             {"ctest", "--preset", "ci"},
                                             {"ctest", "--preset=ci"}}) {
    EXPECT_EQ(jobs_of(command, k_level), std::nullopt) << command[1];
  }
  EXPECT_EQ(jobs_of({"ctest"}, {"CTEST_PARALLEL_LEVEL="}), std::nullopt);
  EXPECT_EQ(jobs_of({"ctest", "--preset", "ci", "-j", "4"}, {}), 4U);
  EXPECT_EQ(jobs_of({}, {}), 1U);
}

TEST(CtestJobs, IdleOnesAreLentOnlyWhereNothingElseLimitsThem) {
  EXPECT_EQ(jobs_to_lend({"ctest", "-j8"}, {}), 8U);
  EXPECT_EQ(jobs_to_lend({"ctest"}, k_level), 3U);
  EXPECT_EQ(jobs_to_lend({"ctest", "-j8", "-R", "--test-load"}, {}), 8U);
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"ctest", "-j"},
                                             {"ctest", "-j8", "--test-load", "4"},
                                             {"ctest", "--test-load=4", "-j8"},
                                             {"ctest", "--preset", "ci", "-j", "4"},
                                             {"ctest", "-S", "nightly.cmake", "-j4"}}) {
    EXPECT_EQ(jobs_to_lend(command, k_level), std::nullopt) << command[1];
  }
}

TEST(CtestJobs, ATestLoadInTheFileOfTheTreeCounts) {
  EXPECT_TRUE(configures_load("TimeOut: 1500\nTestLoad: 4\n"));
  EXPECT_TRUE(configures_load("TestLoad:10"));
  EXPECT_FALSE(configures_load("TimeOut: 1500\nTestLoad: \n"));
  EXPECT_FALSE(configures_load("TestLoad: 0\nOtherTestLoad: 3\n"));
  EXPECT_FALSE(configures_load(""));
}

}  // namespace
}  // namespace holdfast
