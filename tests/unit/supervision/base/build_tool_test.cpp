#include "supervision/base/build_tool.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast::supervision {
namespace {

// The number of the build tool among ancestors of these names, the nearest first, whose numbers are
// 100, 101 …; 0: none of them is.
int tool_among(const std::vector<std::string>& names) {
  BuildToolSearch search(100);
  int pid = 100;
  for (const std::string& name : names) {
    if (!search.take({pid++, 9}, name)) break;
  }
  if (!search.tool()) return 0;
  EXPECT_EQ(search.tool()->is_parent, search.tool()->process.pid == 100);
  return search.tool()->process.pid;
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
  BuildToolSearch search(1);
  EXPECT_FALSE(search.take({1, 9}, "ninja"));
  EXPECT_FALSE(search.tool());
}

}  // namespace
}  // namespace holdfast::supervision
