// What another user may own needs root, and is in tests/system/attempt/planted_test.py.
#include "os/file/own_files.hpp"
#include "os/file/descriptors.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/names.hpp"
#include "os/child_process.hpp"
#include "os/scratch.hpp"

namespace holdfast::os {
namespace {

namespace fs = std::filesystem;

class OwnFiles : public testing::Test {
 protected:
  OwnFiles() {
    fs::create_directories(path("tree/.holdfast/runs"));
    fs::create_directories(path("elsewhere/runs"));
    std::ofstream(path("elsewhere/file")) << "precious";
  }

  std::string path(const std::string& below) const { return scratch_.path(below); }
  std::string ours(const std::string& below) const { return path("tree/.holdfast/" + below); }
  static std::string text_in(const std::string& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  Scratch scratch_;
};

TEST_F(OwnFiles, WhatIsBeforeOurPartMayBeALink) {
  fs::create_directory_symlink("tree", path("link"));
  ASSERT_TRUE(append_line(path("link/.holdfast/file"), "x\n"));
  EXPECT_EQ(text_in(ours("file")), "x\n");
}

TEST_F(OwnFiles, NoComponentOfOurPartMayBeALink) {
  fs::rename(path("tree/.holdfast"), path("aside"));
  fs::create_directory_symlink("../elsewhere", path("tree/.holdfast"));
  EXPECT_FALSE(append_line(ours("file"), "x"));
  EXPECT_EQ(errno, EPERM);
  EXPECT_FALSE(append_line(ours("new"), "x"));
  EXPECT_FALSE(read_own(ours("file")));
  EXPECT_FALSE(make_own_directories(ours("runs/1"), 0755));
  EXPECT_FALSE(make_new_own_directory(ours("runs/1"), 0755));
  EXPECT_FALSE(rename_own(ours("file"), ours("other")));
  EXPECT_FALSE(remove_own(ours("file")));
  EXPECT_FALSE(remove_own_directory(ours("runs")));
  EXPECT_FALSE(check_own(ours("file"), Expected::file_or_directory));
  EXPECT_FALSE(check_tree(path("tree")));
  EXPECT_TRUE(names_in_own(path("tree/.holdfast")).empty());
  EXPECT_FALSE(exists_own(ours("file")));
  EXPECT_EQ(text_in(path("elsewhere/file")), "precious");
  EXPECT_TRUE(fs::is_empty(path("elsewhere/runs")));
  EXPECT_FALSE(fs::exists(path("elsewhere/new")));
}

TEST_F(OwnFiles, ALinkOfOursIsReadBehindNoOther) {
  fs::create_directories(path("elsewhere/scratch"));
  ASSERT_EQ(::symlink("/there", path("elsewhere/scratch/to").c_str()), 0);
  ASSERT_EQ(::symlink("/there", ours("runs/to").c_str()), 0);
  fs::create_directory_symlink(path("elsewhere/scratch"), ours("scratch"));
  EXPECT_EQ(read_own_link(ours("runs/to")), "/there");
  EXPECT_EQ(read_own_link(ours("scratch/to")), "");
  EXPECT_EQ(read_own_link(ours("runs")), "");
}

TEST_F(OwnFiles, AnErrorNamesWhatIsInTheWay) {
  fs::remove(ours("runs"));
  fs::create_directory_symlink("../../elsewhere", ours("runs"));
  const Result<UniqueFd> opened = open_own(ours("runs/1/journal"), O_RDONLY);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message, "use " + ours("runs") +
                                        ": it is a symbolic link; expected a directory that "
                                        "Holdfast made");
}

TEST_F(OwnFiles, TheFileItselfIsARegularOne) {
  ASSERT_EQ(::symlink("../../elsewhere/file", ours("link").c_str()), 0);
  ASSERT_EQ(::symlink("../../elsewhere/new", ours("dangling").c_str()), 0);
  ASSERT_EQ(::mkfifo(ours("fifo").c_str(), 0600), 0);
  for (const char* name : {"link", "dangling", "fifo", "runs"}) {
    EXPECT_FALSE(open_own(ours(name), O_RDONLY)) << name;
    EXPECT_FALSE(open_own(ours(name), O_WRONLY | O_CREAT | O_TRUNC)) << name;
    EXPECT_FALSE(check_own(ours(name), Expected::file_to_write)) << name;
  }
  EXPECT_EQ(text_in(path("elsewhere/file")), "precious");
  EXPECT_FALSE(fs::exists(path("elsewhere/new")));
}

TEST_F(OwnFiles, WhatIsMissingIsMissing) {
  EXPECT_FALSE(open_own(ours("nothing"), O_RDONLY));
  EXPECT_EQ(errno, ENOENT);
  EXPECT_FALSE(open_own(path("nowhere/.holdfast/file"), O_RDONLY));
  EXPECT_EQ(errno, ENOENT);
  EXPECT_TRUE(check_own(ours("nothing"), Expected::file_to_write));
  EXPECT_TRUE(check_own(ours("no/where"), Expected::file_to_write));
  EXPECT_TRUE(check_tree(path("nowhere")));
}

TEST_F(OwnFiles, DirectoriesAreMadeFromOurPartOn) {
  EXPECT_TRUE(make_own_directories(ours("runs/1/output"), 0755));
  EXPECT_TRUE(make_own_directories(ours("runs/1/output"), 0755));
  EXPECT_TRUE(fs::is_directory(ours("runs/1/output")));
  EXPECT_FALSE(make_own_directories(path("no/tree/.holdfast/runs"), 0755));
  EXPECT_FALSE(make_new_own_directory(ours("runs/1"), 0755));
  EXPECT_EQ(errno, EEXIST);
}

// A build tree in the scratch directory of a test of another one.
TEST_F(OwnFiles, OurPartBeginsAtTheLastOfItsName) {
  const std::string inner = ours("runs/1/scratch/link/tree");
  fs::create_directories(ours("runs/1/scratch"));
  fs::create_directories(path("elsewhere/tree/.holdfast"));
  fs::create_directory_symlink(path("elsewhere"), ours("runs/1/scratch/link"));
  EXPECT_TRUE(append_line(inner + "/.holdfast/file", "x"));
  EXPECT_TRUE(fs::exists(path("elsewhere/tree/.holdfast/file")));
}

TEST_F(OwnFiles, APathMayBeginWithOurPart) {
  Child child([&] {
    if (::chdir(path("tree").c_str()) != 0) return 1;
    if (!append_line(".holdfast/file", "x\n") || *read_own(".holdfast/file") != "x\n") return 2;
    if (!make_own_directories(".holdfast/runs/1", 0755)) return 3;
    fs::rename(".holdfast", "aside");
    fs::create_directory_symlink("aside", ".holdfast");
    return append_line(".holdfast/file", "y\n") ? 4 : 0;
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_TRUE(fs::is_directory(path("tree/aside/runs/1")));
}

TEST_F(OwnFiles, WhatCannotBeExaminedIsAnError) {
  const Result<void> checked = check_own(ours(std::string(300, 'x')), Expected::file_to_write);
  ASSERT_FALSE(checked);
  EXPECT_TRUE(checked.error().message.ends_with("File name too long")) << checked.error().message;
}

// In a tree of another user, who could have made the other name.
TEST_F(OwnFiles, AFileOfOursHasNoOtherNameButItsSpare) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const std::string file = ours("lock");
  const std::string spare = file + std::string(names::k_spare_suffix);
  std::ofstream(file).flush();
  ASSERT_EQ(::chown(path("tree").c_str(), 1'234'567, 0), 0);
  EXPECT_TRUE(open_own(file, O_WRONLY));
  fs::create_hard_link(file, spare);
  EXPECT_TRUE(open_own(file, O_WRONLY));
  fs::create_hard_link(file, path("third"));
  EXPECT_FALSE(open_own(file, O_WRONLY));
  fs::remove(spare);
  EXPECT_FALSE(open_own(file, O_WRONLY));
  std::ofstream(spare).flush();
  EXPECT_FALSE(open_own(file, O_WRONLY)) << "the spare is another file";
  EXPECT_TRUE(open_own(file, O_RDONLY));
}

TEST_F(OwnFiles, InAPathOfTheUserOnlyTheLastComponentMayBeNoLink) {
  fs::create_directory_symlink("elsewhere", path("link"));
  ASSERT_EQ(::symlink("file", path("elsewhere/other").c_str()), 0);
  EXPECT_TRUE(open_own(path("link/file"), O_RDONLY));
  EXPECT_FALSE(open_own(path("link/other"), O_RDONLY));
  EXPECT_FALSE(has_own_part(path("link/file")));
  EXPECT_TRUE(has_own_part("/tree/.holdfast"));
  EXPECT_FALSE(has_own_part("/tree/a.holdfast/b"));
}

TEST_F(OwnFiles, AnErrorSaysWhatIsThereAndWhatWasExpected) {
  ASSERT_EQ(::mkfifo(ours("fifo").c_str(), 0600), 0);
  ASSERT_TRUE(append_line(ours("file"), "x"));
  ASSERT_EQ(::symlink("file", ours("link").c_str()), 0);
  const struct {
    const char* name;
    int flags;
    const char* kind;
  } rows[] = {
      {"link", O_RDONLY, "a symbolic link"}, {"link", O_WRONLY, "a symbolic link"},
      {"runs", O_RDONLY, "a directory"},     {"runs", O_WRONLY, "a directory"},
      {"fifo", O_RDONLY, "no regular file"}, {"fifo", O_WRONLY, "no regular file"},
  };
  for (const auto& row : rows) {
    const Result<UniqueFd> opened = open_own(ours(row.name), row.flags);
    ASSERT_FALSE(opened) << row.name;
    EXPECT_EQ(errno, EPERM) << row.name;
    EXPECT_EQ(opened.error().message, "use " + ours(row.name) + ": it is " + row.kind +
                                          "; expected a file that Holdfast made");
  }
  const std::string no_directory =
      "use " + ours("file") + ": it is a file; expected a directory that Holdfast made";
  EXPECT_EQ(open_own_directory(ours("file")).error().message, no_directory);
  EXPECT_EQ(open_own(ours("file/below"), O_RDONLY).error().message, no_directory);
  EXPECT_EQ(make_own_directories(ours("file/below"), 0755).error().message, no_directory);
}

TEST_F(OwnFiles, AFileOrADirectoryIsExpectedAndNothingElse) {
  ASSERT_TRUE(append_line(ours("file"), "x"));
  ASSERT_EQ(::mkfifo(ours("runs/fifo").c_str(), 0600), 0);
  EXPECT_TRUE(check_own(ours("file"), Expected::file_or_directory));
  EXPECT_TRUE(check_own(ours("file"), Expected::file_to_write));
  EXPECT_TRUE(check_own(ours("runs"), Expected::file_or_directory));
  EXPECT_FALSE(check_own(ours("runs/fifo"), Expected::file_or_directory));
  EXPECT_TRUE(check_tree(path("tree")));
  ASSERT_EQ(::mkfifo(ours("fifo").c_str(), 0600), 0);
  const Result<void> checked = check_tree(path("tree"));
  ASSERT_FALSE(checked) << "each name in it counts";
  EXPECT_EQ(checked.error().message, "use " + ours("fifo") +
                                         ": it is no regular file; expected a file that Holdfast "
                                         "made");
}

TEST_F(OwnFiles, WhoseItIsAndWhoseItMayBeIsSaid) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  ASSERT_TRUE(append_line(ours("file"), "x"));
  for (const std::string& given : {ours("file"), ours("runs")}) {
    ASSERT_EQ(::chown(given.c_str(), 1'234'567, 0), 0);
    const Result<void> checked = check_own(given, Expected::file_or_directory);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().message,
              "use " + given + ": it belongs to user 1234567; expected user 0 or root");
  }
  EXPECT_FALSE(open_own(ours("file"), O_RDONLY));
  EXPECT_EQ(errno, EPERM);
  EXPECT_FALSE(open_own_directory(ours("runs")));
  EXPECT_FALSE(is_tree_of_another(path("tree")));
  ASSERT_EQ(::chown(path("tree").c_str(), 7'654'321, 0), 0);
  EXPECT_TRUE(is_tree_of_another(path("tree")));
  EXPECT_EQ(open_own(ours("file"), O_RDONLY).error().message,
            "use " + ours("file") + ": it belongs to user 1234567; expected user 0, user " +
                "7654321, who owns the build tree, or root");
  ASSERT_EQ(::chown(ours("file").c_str(), 7'654'321, 0), 0);
  EXPECT_TRUE(open_own(ours("file"), O_RDONLY));
}

TEST_F(OwnFiles, InADirectoryOnlyWhatIsOursIsFound) {
  ASSERT_TRUE(make_own_directories(ours("runs/1"), 0755));
  ASSERT_TRUE(append_line(ours("runs/1/journal"), "x"));
  ASSERT_EQ(::symlink("journal", ours("runs/1/also").c_str()), 0);
  ASSERT_EQ(::symlink("1", ours("runs/link").c_str()), 0);
  const Result<OwnDirectory> runs = OwnDirectory::open(ours("runs"));
  ASSERT_TRUE(runs);
  EXPECT_TRUE(runs->has_file("1", "journal"));
  EXPECT_FALSE(runs->has_file("1", "also"));
  EXPECT_FALSE(runs->has_file("1", "none"));
  EXPECT_FALSE(runs->has_file("link", "journal"));
  const Result<OwnDirectory> one = runs->below("1");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->names(), (std::vector<std::string>{"also", "journal"}));
  EXPECT_TRUE(one->file("journal"));
  EXPECT_FALSE(one->file("also"));
  EXPECT_EQ(runs->below("link").error().message,
            "use " + ours("runs/link") +
                ": it is a symbolic link; expected a directory that Holdfast made");
  if (::geteuid() != 0) return;
  ASSERT_EQ(::chown(ours("runs/1/journal").c_str(), 1'234'567, 0), 0);
  EXPECT_FALSE(runs->has_file("1", "journal"));
  EXPECT_FALSE(one->file("journal"));
  ASSERT_EQ(::chown(ours("runs/1/journal").c_str(), 0, 0), 0);
  ASSERT_EQ(::chown(ours("runs/1").c_str(), 1'234'567, 0), 0);
  EXPECT_FALSE(runs->has_file("1", "journal"));
  EXPECT_FALSE(runs->below("1"));
}

TEST_F(OwnFiles, AFileIsNotMovedBehindALink) {
  ASSERT_TRUE(append_line(ours("file"), "x"));
  ASSERT_EQ(::symlink("../../elsewhere", ours("link").c_str()), 0);
  EXPECT_FALSE(rename_own(ours("file"), ours("link/file")));
  EXPECT_FALSE(rename_own(ours("link/file"), ours("new")));
  EXPECT_EQ(text_in(ours("file")), "x");
  EXPECT_EQ(text_in(path("elsewhere/file")), "precious");
  EXPECT_FALSE(fs::exists(ours("new")));
}

TEST_F(OwnFiles, WhatCannotBeDoneSaysWhatWasTried) {
  ASSERT_TRUE(append_line(ours("file"), "x"));
  const std::pair<Result<void>, std::string> rows[] = {
      {rename_own(ours("file"), ours("runs")), "make " + ours("runs") + ": Is a directory"},
      {remove_own(ours("runs")), "remove " + ours("runs") + ": Is a directory"},
      {remove_own_directory(ours("file")), "remove " + ours("file") + ": Not a directory"},
      {remove_own(ours("none")), "remove " + ours("none") + ": No such file or directory"},
      {make_new_own_directory(ours("runs"), 0755), "make " + ours("runs") + ": File exists"},
      {append_line(ours("no/file"), "x"), "open " + ours("no") + ": No such file or directory"},
  };
  for (const auto& [done, why] : rows) {
    ASSERT_FALSE(done) << why;
    EXPECT_EQ(done.error().message, why);
  }
}

}  // namespace
}  // namespace holdfast::os
