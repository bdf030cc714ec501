#include "retry/test_run.hpp"

#include <gtest/gtest.h>

namespace holdfast::exec {
namespace {

TEST(LastWords, OnAFlakyTestAreForCtest) {
  EXPECT_EQ(words_on_flaky(3),
            "<CTestLabel>flaky</CTestLabel>\n"
            "<CTestMeasurement type=\"numeric/integer\" "
            "name=\"holdfast.attempts\">3</CTestMeasurement>\n");
}

TEST(LastWords, OnAFailureOfOneAttemptWithoutFindingsAreNone) {
  EXPECT_EQ(words_on_failure("exit 4", "the budget is spent", {}, {}), "");
}

TEST(LastWords, OnAFailureNameEachEarlierAttemptAndWhatWasFound) {
  EXPECT_EQ(
      words_on_failure("exit 4", "", {{1, "crashed (signal 11)", "/o/1"}, {2, "exit 4", ""}}, {}),
      "holdfast: exit 4\n"
      "holdfast:   attempt 1: crashed (signal 11), its output: /o/1\n"
      "holdfast:   attempt 2: exit 4\n");
  EXPECT_EQ(words_on_failure("timed out", "no attempt is left", {}, {{"git", false, "clean"}}),
            "holdfast: timed out, no attempt is left\n"
            "holdfast:   git       clean\n");
}

}  // namespace
}  // namespace holdfast::exec
