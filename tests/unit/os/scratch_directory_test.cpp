#include "os/file/scratch_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "os/scratch.hpp"

namespace holdfast::os {
namespace {

class ScratchDirectory : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(make_scratch_directory(path())); }
  std::string path(const std::string& below = "") const {
    return scratch_.path("a") + (below.empty() ? "" : "/" + below);
  }
  void write(const std::string& name) const { std::ofstream(path(name)) << "x"; }

  Scratch scratch_;
};

TEST_F(ScratchDirectory, IsPrivateAndAsMade) {
  EXPECT_EQ(mode_of(path()), 0700U);
  EXPECT_EQ(mode_of(path(".markers")), 0700U);
  const ScratchContent content = look_into_scratch(path());
  EXPECT_TRUE(content.is_as_made && !content.holds_files && content.markers.valid());
  EXPECT_TRUE(content.marker_files.empty());
  EXPECT_FALSE(make_scratch_directory(path()));
}

TEST_F(ScratchDirectory, WhatATestLeftIsSeenAndNoLongerThereWhenItIsRenewed) {
  const auto expect = [&](bool files, std::size_t markers) {
    const ScratchContent content = look_into_scratch(path());
    EXPECT_FALSE(content.is_as_made);
    EXPECT_EQ(content.holds_files, files);
    EXPECT_EQ(content.marker_files.size(), markers);
    EXPECT_TRUE(renew_scratch_directory(path()));
    EXPECT_TRUE(look_into_scratch(path()).is_as_made);
  };
  write("file");
  expect(true, 0);
  write(".hidden");
  expect(true, 0);
  write(".markers/exit-1");
  expect(false, 1);
  for (int i = 0; i < 200; ++i) write(".markers/" + std::to_string(i));
  write("x");
  expect(true, k_most_marker_files);
  std::filesystem::remove(path(".markers"));
  expect(false, 0);
  std::filesystem::permissions(path(), std::filesystem::perms{0755});
  expect(false, 0);
  std::filesystem::permissions(path(".markers"), std::filesystem::perms{0500});
  expect(false, 0);
}

TEST_F(ScratchDirectory, OneThatIsClaimedIsNotSwept) {
  const std::string claimed = scratch_.path("claimed");
  {
    const Result<UniqueFd> claim = make_claimed_scratch(claimed);
    ASSERT_TRUE(claim);
    write("../claimed/.markers/exit-1");
    sweep_empty_scratch(claimed, FilesInTmp::none);
    EXPECT_TRUE(std::filesystem::exists(claimed + "/.markers/exit-1"));
  }
  sweep_empty_scratch(claimed, FilesInTmp::none);
  EXPECT_FALSE(std::filesystem::exists(claimed));
}

TEST_F(ScratchDirectory, TheTmpOfAKilledLauncherIsSweptAndThatOfAKeptOneIsNot) {
  for (const bool was_killed : {true, false}) {
    const std::string left = scratch_.path(was_killed ? "killed" : "kept");
    { ASSERT_TRUE(make_claimed_scratch(left)); }
    std::filesystem::create_directories(left + ".tmp/tmp");
    std::ofstream(left + ".tmp/tmp/file") << "x";
    if (!was_killed) {
      ASSERT_TRUE(remove_marker_directory(left));
    }
    sweep_empty_scratch(left, FilesInTmp::some);
    EXPECT_EQ(std::filesystem::exists(left + ".tmp/tmp/file"), !was_killed);
    EXPECT_FALSE(std::filesystem::exists(left));
  }
}

TEST_F(ScratchDirectory, AKeptTmpWithoutFilesIsSweptWithItsLink) {
  for (const char* target : {"kept.tmp", "elsewhere"}) {
    const std::string left = scratch_.path("kept");
    { ASSERT_TRUE(make_claimed_scratch(left)); }
    std::filesystem::create_directories(left + ".tmp/tmp/sub");
    std::filesystem::create_symlink(scratch_.path(target), left + "/.tmp");
    ASSERT_TRUE(remove_marker_directory(left));
    sweep_empty_scratch(left, FilesInTmp::none);
    EXPECT_FALSE(std::filesystem::exists(left + ".tmp"));
    EXPECT_EQ(std::filesystem::is_symlink(left + "/.tmp"), target == std::string("elsewhere"));
  }
}

TEST_F(ScratchDirectory, NoLinkIsFollowed) {
  std::filesystem::create_directory(scratch_.path("outside"));
  std::ofstream(scratch_.path("outside/precious")) << "x";
  std::filesystem::remove(path(".markers"));
  ASSERT_EQ(::symlink("../outside", path(".markers").c_str()), 0);
  EXPECT_FALSE(look_into_scratch(path()).markers.valid());
  EXPECT_FALSE(remove_marker_directory(path()));
  EXPECT_TRUE(renew_scratch_directory(path()));
  std::filesystem::remove_all(path());
  ASSERT_EQ(::symlink("outside", path().c_str()), 0);
  EXPECT_TRUE(look_into_scratch(path()).holds_files);
  EXPECT_FALSE(renew_scratch_directory(path()));
  remove_empty_scratch(path());
  EXPECT_TRUE(std::filesystem::exists(scratch_.path("outside/precious")));
}

TEST_F(ScratchDirectory, OneThatTheTestRemovedHoldsNothingAndIsMadeAgain) {
  std::filesystem::remove_all(path());
  EXPECT_FALSE(look_into_scratch(path()).holds_files);
  EXPECT_TRUE(renew_scratch_directory(path()));
  EXPECT_TRUE(look_into_scratch(path()).is_as_made);
}

TEST_F(ScratchDirectory, OnlyTheTestsOwnFilesKeepIt) {
  write(".markers/exit-1");
  write("mine");
  remove_empty_scratch(path());
  EXPECT_TRUE(std::filesystem::exists(path("mine")));
  EXPECT_FALSE(std::filesystem::exists(path(".markers")));
  std::filesystem::remove(path("mine"));
  remove_empty_scratch(path());
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST(ScratchBehindALink, IsNotLookedIntoAndStays) {
  const Scratch scratch;
  namespace fs = std::filesystem;
  fs::create_directories(scratch.path("tree/.holdfast"));
  fs::create_directories(scratch.path("elsewhere/a/.markers"));
  fs::create_directory_symlink(scratch.path("elsewhere"), scratch.path("tree/.holdfast/scratch"));
  const std::string behind = scratch.path("tree/.holdfast/scratch/a");
  const ScratchContent content = look_into_scratch(behind);
  EXPECT_TRUE(content.holds_files);
  EXPECT_FALSE(content.markers.valid());
  sweep_empty_scratch(behind, FilesInTmp::none);
  EXPECT_FALSE(make_scratch_directory(scratch.path("tree/.holdfast/scratch/b")));
  EXPECT_FALSE(make_claimed_scratch(scratch.path("tree/.holdfast/scratch/c")));
  EXPECT_TRUE(fs::exists(scratch.path("elsewhere/a/.markers")));
  EXPECT_FALSE(fs::exists(scratch.path("elsewhere/b")));
  EXPECT_FALSE(fs::exists(scratch.path("elsewhere/c")));
}

TEST_F(ScratchDirectory, OneThatATestGaveAwayIsNotAsMadeAndCannotBe) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give directories away";
  ASSERT_EQ(::chown(path(".markers").c_str(), 1'234'567, 0), 0);
  EXPECT_FALSE(look_into_scratch(path()).is_as_made);
  EXPECT_TRUE(renew_scratch_directory(path()));
  EXPECT_TRUE(look_into_scratch(path()).is_as_made);
  ASSERT_EQ(::chown(path().c_str(), 1'234'567, 0), 0);
  EXPECT_FALSE(look_into_scratch(path()).is_as_made);
  const Result<void> renewed = renew_scratch_directory(path());
  ASSERT_FALSE(renewed);
  EXPECT_EQ(renewed.error().message.find("make " + path() + " as new: "), 0U)
      << renewed.error().message;
}

// The first attempt of a run finds none.
TEST(ScratchInARun, IsMadeWithTheDirectoriesAboveIt) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path("tree"));
  const std::string path = scratch.path("tree/.holdfast/runs/1/scratch/a");
  EXPECT_TRUE(make_scratch_directory(path));
  EXPECT_TRUE(look_into_scratch(path).is_as_made);
  EXPECT_FALSE(make_scratch_directory(scratch.path("none/.holdfast/runs/1/scratch/a")));
}

}  // namespace
}  // namespace holdfast::os
