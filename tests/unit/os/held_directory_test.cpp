#include "os/file/trusted_directory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "os/scratch.hpp"

namespace holdfast::os {
namespace {

namespace fs = std::filesystem;

class HeldDirectoryTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(tree_); }

  Scratch scratch_;
  const fs::path above_ = scratch_.path("above");
  const fs::path tree_ = above_ / "tree";
};

TEST_F(HeldDirectoryTest, IsThereAsLongAsNothingHappensToIt) {
  const Result<HeldDirectory> held = HeldDirectory::open(tree_);
  ASSERT_TRUE(held);
  EXPECT_FALSE(held->is_gone());
  EXPECT_TRUE(held->lacks("file"));
  std::ofstream(tree_ / "file") << "x";
  EXPECT_FALSE(held->is_gone());
  EXPECT_FALSE(held->lacks("file"));
}

TEST_F(HeldDirectoryTest, IsGoneWhenItIsRemovedEvenIfAnotherTakesItsPath) {
  const Result<HeldDirectory> held = HeldDirectory::open(tree_);
  ASSERT_TRUE(held);
  fs::remove_all(tree_);
  EXPECT_TRUE(held->is_gone());
  fs::create_directories(tree_);
  EXPECT_TRUE(held->is_gone());
}

TEST_F(HeldDirectoryTest, IsGoneWhenAFileIsWhereADirectoryAboveItWas) {
  const Result<HeldDirectory> held = HeldDirectory::open(tree_);
  ASSERT_TRUE(held);
  fs::rename(above_, scratch_.path("there"));
  std::ofstream(above_).flush();
  EXPECT_TRUE(held->is_gone());
}

TEST_F(HeldDirectoryTest, IsGoneWhenItOrADirectoryAboveItIsMoved) {
  const Result<HeldDirectory> held = HeldDirectory::open(tree_);
  ASSERT_TRUE(held);
  const fs::path there = scratch_.path("there");
  fs::rename(above_, there);
  EXPECT_TRUE(held->is_gone());
  fs::rename(there, above_);
  EXPECT_FALSE(held->is_gone());
  fs::rename(tree_, above_ / "moved");
  fs::create_directory_symlink(above_ / "moved", tree_);
  EXPECT_TRUE(held->is_gone());
}

TEST_F(HeldDirectoryTest, MustBeADirectory) {
  EXPECT_FALSE(HeldDirectory::open(above_ / "nothing"));
  std::ofstream(above_ / "file") << "x";
  EXPECT_FALSE(HeldDirectory::open(above_ / "file"));
}

}  // namespace
}  // namespace holdfast::os
