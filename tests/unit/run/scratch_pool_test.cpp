#include "run/run.hpp"

#include <gtest/gtest.h>

#include "run/nowhere.hpp"

namespace holdfast {
namespace {

TEST(ScratchPool, LendsWhatCameBackBeforeItMakesAnother) {
  ScratchPool pool(k_tree_nowhere);
  pool.give_back("/a");
  pool.give_back("/b");
  EXPECT_EQ(pool.lend(), "/b");
  EXPECT_EQ(pool.lend(), "/a");
  EXPECT_EQ(pool.trouble(), "");
}

TEST(ScratchPool, SaysWhyTestsHaveNone) {
  ScratchPool pool(k_tree_nowhere);
  EXPECT_EQ(pool.lend(), "");
  EXPECT_TRUE(
      pool.trouble().starts_with("ignoring that tests have no scratch directory: failed to make "))
      << pool.trouble();
}

}  // namespace
}  // namespace holdfast
