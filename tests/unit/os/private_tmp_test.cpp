#include "os/containment/private_tmp.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "os/containment/namespaces.hpp"
#include "os/scratch.hpp"
#include "values/containment.hpp"

namespace holdfast::os {
namespace {

namespace fs = std::filesystem;

// A directory right in /tmp, for what is passed through.
class InTmp {
 public:
  InTmp() {
    std::string path = "/tmp/holdfast-unit-XXXXXX";
    path_ = ::mkdtemp(path.data());
    fs::create_directories(path_ / "above/work");
    std::ofstream(path_ / "file") << "x";
  }
  ~InTmp() { fs::remove_all(path_); }
  InTmp(const InTmp&) = delete;
  InTmp& operator=(const InTmp&) = delete;
  std::string at(const char* name) const { return path_ / name; }
  std::string name() const { return path_.filename(); }

 private:
  fs::path path_;
};

class PrivateTmpTest : public ::testing::Test {
 protected:
  PrivateTmp prepare() {
    Result<PrivateTmp> tmp = PrivateTmp::prepare(
        scratch_.path("tmp"), {{in_tmp_.at("above/work")}, {in_tmp_.at("file")}});
    EXPECT_TRUE(tmp);
    return *tmp;
  }
  // The backing of what the tree finds at /tmp/<directory of in_tmp_>/<name>.
  fs::path backing(const char* name) const {
    return fs::path(scratch_.path("tmp/tmp")) / in_tmp_.name() / name;
  }
  // As enter() makes them.
  void make_mount_points() const {
    fs::create_directories(backing("above/work"));
    std::ofstream(backing("file")).flush();
    for (const char* one : {"", "above", "above/work"}) {
      fs::permissions(backing(one), fs::perms(0755));
    }
  }

  Scratch scratch_;
  InTmp in_tmp_;
};

TEST_F(PrivateTmpTest, TheUsualPlacesAreKnownByAnyName) {
  const PrivateTmp tmp = prepare();
  for (const char* one : {"/tmp", "/tmp/", "/var/tmp", "/dev/shm", "/usr/../tmp/."}) {
    EXPECT_TRUE(tmp.is_place(one)) << one;
  }
  for (const std::string& one :
       {std::string("/"), std::string("/var"), in_tmp_.at("above"), std::string()}) {
    EXPECT_FALSE(tmp.is_place(one)) << one;
  }
}

TEST_F(PrivateTmpTest, IsBareWithWhatWasMadeForPassages) {
  const PrivateTmp tmp = prepare();
  EXPECT_TRUE(tmp.is_bare());
  make_mount_points();
  EXPECT_TRUE(tmp.is_bare());
}

TEST_F(PrivateTmpTest, IsNotBareIfATestHasChangedWhatWasMade) {
  const PrivateTmp tmp = prepare();
  make_mount_points();
  fs::permissions(backing("above"), fs::perms(0711));
  EXPECT_FALSE(tmp.is_bare());
  fs::permissions(backing("above"), fs::perms(0755));
  EXPECT_TRUE(tmp.is_bare());
  fs::remove(backing("above/work"));
  std::ofstream(backing("above/work")).flush();  // not a directory
  EXPECT_FALSE(tmp.is_bare());
  fs::remove(backing("above/work"));
  std::ofstream(backing("file")) << "text";
  EXPECT_FALSE(tmp.is_bare());
  tmp.forget_other_passages();
  EXPECT_TRUE(tmp.is_bare());
}

TEST_F(PrivateTmpTest, IsNotBareWithAttributes) {
  const PrivateTmp tmp = prepare();
  const std::string place = scratch_.path("tmp/dev-shm");
  if (::setxattr(place.c_str(), "user.test", "1", 1, 0) != 0) {
    GTEST_SKIP() << "this file system has no attributes of users";
  }
  EXPECT_FALSE(tmp.is_bare());
}

TEST_F(PrivateTmpTest, SaysWhereAnotherTestIsInTheWay) {
  const PrivateTmp tmp = prepare();
  EXPECT_EQ(tmp.conflict(), "");
  make_mount_points();
  EXPECT_EQ(tmp.conflict(), "");
  fs::remove_all(backing("above"));
  std::ofstream(backing("above")) << "x";
  EXPECT_EQ(tmp.conflict(), in_tmp_.at("above/work") +
                                " is passed through, and another test has put something else at " +
                                in_tmp_.at("above"));
  fs::remove(backing("above"));
  EXPECT_EQ(tmp.conflict(), "");
  fs::remove(backing("file"));
  fs::create_directory(backing("file"));
  EXPECT_EQ(tmp.conflict(), in_tmp_.at("file") +
                                " is passed through, and another test has put something else at " +
                                in_tmp_.at("file"));
}

TEST_F(PrivateTmpTest, NamesThatBeginAlikeAndLinksArePassedThrough) {
  std::ofstream(in_tmp_.at("file2")) << "x";
  fs::create_directory_symlink("/usr", in_tmp_.at("link"));
  const Result<PrivateTmp> tmp = PrivateTmp::prepare(
      scratch_.path("tmp"),
      {{in_tmp_.at("file")}, {in_tmp_.at("file2")}, {in_tmp_.at("link") + "/"}});
  ASSERT_TRUE(tmp);
  fs::create_directories(backing("file2"));
  EXPECT_TRUE(tmp->conflict().starts_with(in_tmp_.at("file2") + " is ")) << tmp->conflict();
  fs::remove(backing("file2"));
  std::ofstream(backing("link")).flush();  // the link leads to a directory
  EXPECT_TRUE(tmp->conflict().starts_with(in_tmp_.at("link") + " is ")) << tmp->conflict();
}

TEST_F(PrivateTmpTest, WhatIsGoneIsNotPassedThrough) {
  if (!Namespaces::may_make({Boundary::tmp})) GTEST_SKIP() << "no mount namespaces here";
  const PrivateTmp tmp = prepare();
  fs::remove(in_tmp_.at("file"));
  const Result<pid_t> child = Namespaces({Boundary::tmp}, tmp, -1).fork();
  ASSERT_TRUE(child) << to_text(child.error());
  if (*child == 0) {
    ::_exit(::access(in_tmp_.at("above/work").c_str(), F_OK) == 0 &&
                    ::access(in_tmp_.at("file").c_str(), F_OK) != 0
                ? 0
                : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(*child, &status, 0), *child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace holdfast::os
