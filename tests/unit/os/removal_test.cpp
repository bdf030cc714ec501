// Removal without mounts. Those need a namespace, and are in tests/system/attempt/removal_test.py.
#include "os/file/removal.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <utility>

#include "os/scratch.hpp"

namespace holdfast::os {
namespace {

namespace fs = std::filesystem;

class Removal : public testing::Test {
 protected:
  std::string path(const std::string& below) const { return scratch_.path(below); }
  void write(const std::string& name) const {
    fs::create_directories(fs::path(path(name)).parent_path());
    std::ofstream(path(name)) << "x";
  }

  Scratch scratch_;
};

TEST_F(Removal, AllOfATreeGoesAndNothingALinkInItLeadsTo) {
  write("outside/precious");
  write("tree/a/b/file");
  write("tree/.hidden");
  ASSERT_EQ(::symlink("../outside", path("tree/link").c_str()), 0);
  ASSERT_EQ(::symlink("/nowhere", path("tree/a/dangling").c_str()), 0);
  ASSERT_EQ(::mkfifo(path("tree/fifo").c_str(), 0600), 0);
  fs::permissions(path("tree/a/b"), fs::perms::none);
  EXPECT_TRUE(empty_directory(path("tree")));
  EXPECT_TRUE(fs::is_empty(path("tree")));
  write("tree/a/b/file");
  EXPECT_TRUE(remove_directory(path("tree")));
  EXPECT_FALSE(fs::exists(path("tree")));
  EXPECT_TRUE(fs::exists(path("outside/precious")));
}

TEST_F(Removal, WhatIsNotThereIsNoErrorAndWhatIsALinkStays) {
  EXPECT_TRUE(remove_directory(path("nothing")));
  write("outside/precious");
  ASSERT_EQ(::symlink("outside", path("link").c_str()), 0);
  EXPECT_FALSE(remove_directory(path("link")));
  EXPECT_FALSE(empty_directory(path("link")));
  EXPECT_FALSE(open_unmounted(path("link")));
  EXPECT_TRUE(fs::exists(path("outside/precious")));
}

// What is nested too deeply gets another name on the way. An interrupted removal leaves such a
// name.
TEST_F(Removal, WhatAnInterruptedRemovalHasLeftIsNotInTheWayOfTheNext) {
  std::string nested = "tree/.holdfast-1";
  for (int i = 0; i < 200; ++i) nested += "/d";
  write(nested + "/file");
  write("tree/.holdfast-2");  // not a directory
  const Result<void> removed = remove_directory(path("tree"));
  EXPECT_TRUE(removed) << removed.error().message;
  EXPECT_FALSE(fs::exists(path("tree")));
}

// As they are made to put mounts on.
TEST_F(Removal, DirectoriesAndEmptyFilesInThemAreEmpty) {
  write("tree/a/full");
  fs::create_directories(path("tree/b/c"));
  std::ofstream(path("tree/b/empty")).flush();
  std::ofstream(path("alone")).flush();
  remove_empty_directories(path("tree"));
  remove_empty_directories(path("alone"));
  EXPECT_TRUE(fs::exists(path("tree/a/full")));
  EXPECT_FALSE(fs::exists(path("tree/b")));
  EXPECT_TRUE(fs::exists(path("alone"))) << "it is in no directory of ours";
}

TEST_F(Removal, AFileIsOldAfterADay) {
  write("file");
  const auto written = [&](int hours_ago) {
    fs::last_write_time(path("file"),
                        fs::file_time_type::clock::now() - std::chrono::hours(hours_ago));
    return is_older_than_a_day(path("file"));
  };
  EXPECT_FALSE(written(0));
  EXPECT_FALSE(written(23));
  EXPECT_TRUE(written(25));
  EXPECT_FALSE(is_older_than_a_day(path("nothing")));
}

// Neither the number of descriptors nor the length of a path is a bound.
TEST_F(Removal, DirectoriesMayBeNestedAsDeeplyAsTheyLike) {
  constexpr int k_levels = 700;
  const std::string name(200, 'd');
  ASSERT_TRUE(fs::create_directory(path("tree")));
  UniqueFd here(::open(path("tree").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; i < k_levels; ++i) {
    ASSERT_EQ(::mkdirat(here.get(), name.c_str(), 0700), 0);
    const UniqueFd file(::openat(here.get(), "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    UniqueFd below(::openat(here.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Some cannot be entered.
    if (i % 7 == 0) {
      ASSERT_EQ(::fchmod(here.get(), 0), 0);
    }
    here = std::move(below);
  }
  here.reset();
  const Result<void> removed = remove_directory(path("tree"));
  EXPECT_TRUE(removed) << removed.error().message;
  EXPECT_FALSE(fs::exists(path("tree")));
}

}  // namespace
}  // namespace holdfast::os
