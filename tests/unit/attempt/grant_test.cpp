// What a launcher knows of its test by itself.
#include "attempt/grant.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "attempt/started.hpp"
#include "journal/scratch_directory.hpp"
#include "os/signal/signals.hpp"

namespace holdfast::supervision {
namespace {

namespace fs = std::filesystem;

// The build tree that a command of `holdfast run` is in, which is told that directory.
LockHome home_of(const fs::path& directory) {
  Started started({"--", "t"});
  Invocation invocation = started.invocation();
  invocation.line.tree = directory.string();
  return complete({}, invocation, {1, 2}).home;
}

TEST(EnclosingTree, IsTheNearestAboveWithAFileOfThisUser) {
  const ScratchDirectory directory;
  const fs::path outer = fs::canonical(directory.path());
  // These tests may run in a build tree themselves.
  EXPECT_EQ(home_of(outer).tree, home_of(outer.parent_path()).tree);
  directory.write(".holdfast/project", "shop\n/source\n");
  directory.write("inner/deep/file", "");
  EXPECT_EQ(home_of(outer).tree, outer.string());
  EXPECT_EQ(home_of(outer / "inner/deep").tree, outer.string());
  EXPECT_EQ(home_of(outer / "inner/deep").project, "shop");
  directory.write("inner/.holdfast/project", "bakery\n");
  EXPECT_EQ(home_of(outer / "inner/deep").project, "bakery");
  fs::remove(outer / "inner/.holdfast/project");
  fs::create_directory(outer / "inner/.holdfast/project");
  EXPECT_EQ(home_of(outer / "inner/deep").project, "shop") << "a directory says nothing";
}

// Anybody can leave one in /tmp.
TEST(EnclosingTree, IsNoneOfAnotherUsersMaking) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const ScratchDirectory directory;
  const fs::path file = directory.write(".holdfast/project", "shop\n");
  const std::string around = home_of(directory.path().parent_path()).tree;
  ASSERT_NE(home_of(directory.path()).tree, around);
  ASSERT_EQ(::chown(file.c_str(), 54321, 54321), 0);
  EXPECT_EQ(home_of(directory.path()).tree, around);
  // The whole tree is that user's.
  ASSERT_EQ(::chown((directory.path() / ".holdfast").c_str(), 54321, 54321), 0);
  ASSERT_EQ(::chown(directory.path().c_str(), 54321, 54321), 0);
  EXPECT_EQ(home_of(directory.path()).tree, around);
}

TEST(ATestForANode, IsOneThatNeedsNothingOfThisMachine) {
  using Change = std::function<void(TestAtHand&)>;
  const auto is_for_node = [](const Change& change) {
    Started started({"--test=t", "/bin/t"}, {k_attached});
    TestAtHand test{
        started.invocation(), {{}, std::move(*os::SignalQueue::open()), {}}, {}, {}, {}};
    test.grant.policy.engine.kind = Engine::slurm;
    change(test);
    return test.is_for_node();
  };
  EXPECT_TRUE(is_for_node([](TestAtHand&) {}));
  const Change stays_here[] = {
      [](TestAtHand& test) { test.grant.policy.engine.kind = Engine::local; },
      [](TestAtHand& test) { test.invocation.attach.reset(); },
      [](TestAtHand& test) { test.grant.shared_tmp = "/b/.holdfast/tmp"; },
      [](TestAtHand& test) { test.grant.shares_network = true; },
      [](TestAtHand& test) { test.invocation.limits.kept = Milliseconds{1000}; },
  };
  for (const Change& change : stays_here) {
    EXPECT_FALSE(is_for_node(change)) << (&change - stays_here);
  }
}

}  // namespace
}  // namespace holdfast::supervision
