#include "keeper/left/reap.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(LeftBehind, IsDescribedInOneLineWithTheFirstFive) {
  std::vector<LeftBehind> left{{{12, "sleep"}, "t", "1-x"}};
  EXPECT_EQ(describe(left), "1 process: sleep (pid 12, test \"t\", run 1-x)");
  left.push_back({{13, "cat"}, "u", "2-x"});
  EXPECT_EQ(describe(left),
            "2 processes: sleep (pid 12, test \"t\", run 1-x), cat (pid 13, test \"u\", run 2-x)");
  for (int i = 0; i < 3; ++i) left.push_back({{20 + i, "dd"}, "u", "2-x"});
  EXPECT_TRUE(describe(left).ends_with("dd (pid 22, test \"u\", run 2-x)")) << describe(left);
  left.push_back({{30, "dd"}, "u", "2-x"});
  EXPECT_TRUE(describe(left).ends_with("dd (pid 22, test \"u\", run 2-x), and 1 more"))
      << describe(left);
}

}  // namespace
}  // namespace holdfast
