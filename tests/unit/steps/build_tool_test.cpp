#include "steps/step.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast::supervision {
namespace {

constexpr pid_t k_session = 70;
constexpr pid_t k_own = 90;

// The number of the build tool among ancestors of these names, the nearest first, whose numbers are
// 100, 101 …; 0: none of them is.
int tool_among(const std::vector<std::string>& names) {
  BuildToolSearch search(k_own, k_session);
  int pid = 100;
  for (const std::string& name : names) {
    if (!search.take({pid++, 9}, k_session, name)) break;
  }
  EXPECT_FALSE(search.tool_has_ended());
  if (!search.tool()) return 0;
  return search.tool()->pid;
}

TEST(BuildTool, IsTheNearestAncestorThatDoesNotStandBetween) {
  EXPECT_EQ(tool_among({"ninja", "bash"}), 100);
  EXPECT_EQ(tool_among({"sh", "ninja", "bash", "make"}), 101);
  EXPECT_EQ(tool_among({"dash", "ctest", "cmake", "busybox", "ninja"}), 104);
  EXPECT_EQ(tool_among({"samu"}), 100);
  EXPECT_EQ(tool_among({"bash", "sh"}), 0);
  EXPECT_EQ(tool_among({}), 0);
}

TEST(BuildTool, IsTheOutermostOfMakesThatRunEachOther) {
  EXPECT_EQ(tool_among({"make", "sh", "make", "gmake", "bash", "sshd"}), 103);
  EXPECT_EQ(tool_among({"make"}), 100);
  EXPECT_EQ(tool_among({"make", "python3", "make"}), 100);
  EXPECT_EQ(tool_among({"ninja", "make"}), 100);
}

TEST(BuildTool, IsNeverTheFirstProcess) {
  BuildToolSearch search(k_own, k_session);
  EXPECT_FALSE(search.take({1, 9}, k_session, "ninja"));
  EXPECT_FALSE(search.tool());
  EXPECT_FALSE(search.tool_has_ended());
}

TEST(BuildTool, HasEndedIfAProcessOfAnotherSessionIsAboveAndOurLeaderIsNot) {
  for (const pid_t adopter : {1, 60}) {
    BuildToolSearch search(k_own, k_session);
    EXPECT_TRUE(search.take({100, 9}, k_session, "sh"));
    EXPECT_FALSE(search.take({adopter, 3}, adopter, "systemd"));
    EXPECT_FALSE(search.tool());
    EXPECT_TRUE(search.tool_has_ended());
  }
}

TEST(BuildTool, IsNotMissedByAStepThatAUserStarts) {
  BuildToolSearch below_a_shell(k_own, k_session);
  EXPECT_TRUE(below_a_shell.take({100, 9}, k_session, "sh"));
  EXPECT_TRUE(below_a_shell.take({k_session, 9}, k_session, "bash"));
  EXPECT_FALSE(below_a_shell.take({60, 3}, 60, "sshd"));
  EXPECT_FALSE(below_a_shell.tool());
  EXPECT_FALSE(below_a_shell.tool_has_ended());

  BuildToolSearch leads_a_session(k_session, k_session);
  EXPECT_FALSE(leads_a_session.take({100, 9}, 60, "sshd"));
  EXPECT_FALSE(leads_a_session.tool_has_ended());
}

// A daemon's descendants are in a session whose leader has ended.
TEST(BuildTool, ThatIsThereNeedsNoLeader) {
  BuildToolSearch search(k_own, k_session);
  EXPECT_TRUE(search.take({100, 9}, k_session, "make"));
  EXPECT_TRUE(search.take({101, 9}, k_session, "sh"));
  EXPECT_FALSE(search.take({1, 3}, 1, "init"));
  EXPECT_TRUE(search.tool());
  EXPECT_FALSE(search.tool_has_ended());
}

}  // namespace
}  // namespace holdfast::supervision
