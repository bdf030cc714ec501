#include "run/run.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "base/names.hpp"
#include "os/scratch.hpp"
#include "run/nowhere.hpp"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

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

TEST(ScratchPool, AtItsEndOnlyWhatTestsHaveLeftStays) {
  const os::Scratch run;
  ScratchPool pool(run.path("scratch"));
  std::vector<std::string> lent;
  for (int i = 0; i < 4; ++i) lent.push_back(pool.lend());
  EXPECT_EQ(std::set<std::string>(lent.begin(), lent.end()).size(), 4U);
  const auto tmp_of = [](const std::string& scratch) {
    return scratch + std::string(names::k_private_tmp_suffix);
  };
  fs::create_directory(lent[0] + "/" + std::string(names::k_marker_directory));
  std::ofstream(lent[1] + "/core") << "evidence";
  // Of the third nothing is left. A link leads to the fourth one's own /tmp, which may be in use.
  for (const std::string& one : {lent[2], lent[3]}) fs::create_directories(tmp_of(one) + "/tmp");
  fs::create_symlink(tmp_of(lent[3]), lent[3] + "/" + std::string(names::k_private_tmp_link));
  pool.close();
  EXPECT_FALSE(fs::exists(lent[0]));
  EXPECT_TRUE(fs::exists(lent[1] + "/core"));
  EXPECT_FALSE(fs::exists(lent[2]));
  EXPECT_FALSE(fs::exists(tmp_of(lent[2])));
  EXPECT_TRUE(fs::exists(tmp_of(lent[3]) + "/tmp"));
}

TEST(ScratchPool, OfWhichNothingIsLeftIsGoneWithItsDirectory) {
  const os::Scratch run;
  ScratchPool pool(run.path("scratch"));
  pool.give_back(pool.lend());
  (void)pool.lend();
  EXPECT_NE(pool.lend(), "");
  pool.close();
  EXPECT_FALSE(fs::exists(run.path("scratch")));
}

}  // namespace
}  // namespace holdfast
