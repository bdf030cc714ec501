#include "os/file/scratch_directory.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "os/child_process.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"

namespace holdfast::os {
namespace {

class MarkerFiles : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(scratch_.path(name)) << text;
  }
  std::string trouble_with(const std::string& name) const {
    const Result<std::string> read = read_private_file(scratch_.open().get(), name, 4096);
    return read ? "" : read.error().message;
  }

  Scratch scratch_;
};

TEST_F(MarkerFiles, ARegularFileIsReadAsFarAsTheLimit) {
  write("f", "0123456789");
  for (std::size_t limit : {0U, 1U, 10U, 11U, 5000U}) {
    const Result<std::string> read = read_private_file(scratch_.open().get(), "f", limit);
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, std::string("0123456789").substr(0, limit));
  }
}

TEST_F(MarkerFiles, NothingElseIsRead) {
  write("f", "x");
  ASSERT_EQ(::symlink("f", scratch_.path("link").c_str()), 0);
  ASSERT_EQ(::symlink("nowhere", scratch_.path("dangling").c_str()), 0);
  ASSERT_EQ(::mkfifo(scratch_.path("fifo").c_str(), 0600), 0);
  ASSERT_EQ(::mkdir(scratch_.path("directory").c_str(), 0700), 0);
  for (const char* name : {"link", "dangling", "fifo", "directory"}) {
    EXPECT_EQ(trouble_with(name), "is not a regular file") << name;
  }
  EXPECT_EQ(trouble_with("none"), "cannot be read: No such file or directory");
  ASSERT_EQ(::link(scratch_.path("f").c_str(), scratch_.path("second").c_str()), 0);
  EXPECT_EQ(trouble_with("f"), "has another name somewhere (a hard link)");
  EXPECT_EQ(trouble_with("second"), "has another name somewhere (a hard link)");
}

TEST_F(MarkerFiles, AHugeFileIsReadToTheLimitOnly) {
  write("f", "x");
  ASSERT_EQ(::truncate(scratch_.path("f").c_str(), off_t{1} << 40), 0);
  const std::vector<MarkerFile> files = read_marker_files(scratch_.open().get(), {"f"});
  ASSERT_TRUE(files.at(0).text);
  EXPECT_EQ(files[0].text->size(), k_longest_marker + 1);
}

TEST_F(MarkerFiles, WhatIsLeftForAnotherProcessIsReadBack) {
  const Marker marker{"run.1", own_name(), "why\nnot"};
  const std::string directory = scratch_.path("");
  ASSERT_TRUE(leave_marker(directory, marker));
  const std::string name = marker_file_name(marker.process.pid);
  EXPECT_EQ(mode_of(scratch_.path(name)), 0600U);
  // The first marker stays.
  ASSERT_TRUE(leave_marker(directory, {"run.2", marker.process, "x"}));
  const std::vector<MarkerFile> files = read_marker_files(scratch_.open().get(), {name});
  ASSERT_TRUE(files.at(0).text);
  const Result<Marker> read = parse_marker(*files[0].text);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, marker);
  const Result<void> left = leave_marker(scratch_.path("missing"), marker);
  ASSERT_FALSE(left);
  EXPECT_EQ(to_text(left.error()), "make the marker: open " + scratch_.path("missing") + "/" +
                                       name + ": No such file or directory");
}

TEST_F(MarkerFiles, OneOfAnotherUserIsNotRead) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  write("f", "x");
  ASSERT_EQ(::chown(scratch_.path("f").c_str(), 1'234'567, 0), 0);
  EXPECT_EQ(trouble_with("f"), "belongs to another user");
}

TEST_F(MarkerFiles, OneThatIsCutShortIsAnError) {
  Child child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit room{10, 10};  // as on a full disk, part of it is written
    if (::setrlimit(RLIMIT_FSIZE, &room) != 0) return 1;
    const Result<void> left = leave_marker(scratch_.path(""), {"run.1", own_name(), "why"});
    if (left) return 2;
    return left.error().message.ends_with(": File too large") ? 0 : 3;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST_F(MarkerFiles, OneThatIsCutShortKeepsNoOtherOut) {
  Child child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit room{10, RLIM_INFINITY};  // stands in for a full disk
    if (::setrlimit(RLIMIT_FSIZE, &room) != 0) return 1;
    const Marker marker{"run.1", own_name(), "why"};
    if (leave_marker(scratch_.path(""), marker)) return 2;
    const rlimit more{RLIM_INFINITY, RLIM_INFINITY};
    if (::setrlimit(RLIMIT_FSIZE, &more) != 0) return 3;
    if (!leave_marker(scratch_.path(""), marker)) return 4;
    const Result<std::string> left =
        read_file(scratch_.path("") + marker_file_name(::getpid()), 4096);
    return left && *left == marker_text(marker) ? 0 : 5;
  });
  EXPECT_EQ(child.wait(), 0);
}

}  // namespace
}  // namespace holdfast::os
