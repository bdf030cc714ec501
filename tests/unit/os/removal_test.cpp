// Removal without mounts. Those need a namespace, and are in tests/system/attempt/removal_test.py.
#include "os/file/removal.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "scratch.hpp"

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

TEST_F(Removal, WhatIsNestedTooDeeplyIsNamedAndAllBesideItGoes) {
  std::string deep = path("tree");
  ASSERT_TRUE(fs::create_directory(deep));
  write("tree/zzz");
  write("tree/aaa");
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(fs::create_directory(deep += "/d"));
  const Result<void> removed = remove_directory(path("tree"));
  ASSERT_FALSE(removed);
  EXPECT_TRUE(removed.error().message.starts_with("remove " + path("tree/d/d")));
  EXPECT_TRUE(removed.error().message.ends_with("/d: it is nested too deeply"));
  EXPECT_FALSE(fs::exists(path("tree/zzz")) || fs::exists(path("tree/aaa")));
}

}  // namespace
}  // namespace holdfast::os
