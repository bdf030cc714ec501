#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <sstream>

#include "os/child_process.hpp"
#include "os/refused_files.hpp"
#include "os/scratch.hpp"

namespace holdfast::os {
namespace {

TEST(FileText, AFileIsReadToItsEndOrToTheLimit) {
  const Scratch scratch;
  const std::string path = scratch.path("f");
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += static_cast<char>('a' + i % 26);
  ASSERT_TRUE(append_line(path, text));
  for (std::size_t limit : {0U, 1U, 4095U, 4096U, 4097U, 9999U, 10'000U, 10'001U, 100'000U}) {
    const Result<std::string> read = read_file(path, limit);
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, text.substr(0, limit)) << limit;
  }
}

TEST(FileText, OfALineWhatIsBehindItsLabelIsFound) {
  EXPECT_EQ(rest_of_line("Name:\tx\nUid:\t1\n", "Uid:\t"), "1");
  EXPECT_EQ(rest_of_line("pid:[17]", "pid:["), "17]");
  EXPECT_EQ(rest_of_line("Name:\tx\n", "Uid:\t"), "");
}

TEST(FileText, AFileOfProcThatSaysItsSizeIsZeroIsReadToo) {
  const Result<std::string> stat = read_file("/proc/self/stat");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->back(), '\n');
}

TEST(FileText, WhatCannotBeReadIsAnErrorThatNamesThePath) {
  const Scratch scratch;
  const Result<std::string> none = read_file(scratch.path("none"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "open " + scratch.path("none") + ": No such file or directory");
  EXPECT_FALSE(read_file(scratch.path("")));
}

TEST(FileText, ALinkIsNotAppendedTo) {
  const Scratch scratch;
  ASSERT_EQ(::symlink("target", scratch.path("link").c_str()), 0);
  EXPECT_FALSE(append_line(scratch.path("link"), "x\n"));
  EXPECT_FALSE(std::filesystem::exists(scratch.path("target")));
}

TEST(FileText, TheLinesOfSixtyFourWritersNeverTear) {
  constexpr int k_writers = 64;
  constexpr int k_lines = 50;
  const Scratch scratch;
  const std::string path = scratch.path("journal");
  Channel go;
  std::vector<Child> writers;
  for (int writer = 0; writer < k_writers; ++writer) {
    writers.emplace_back([&, writer] {
      go.close_end_for_writing();
      if (go.hear() != "<end>") return 1;
      const std::string body(static_cast<std::size_t>(100 + writer * 97),
                             static_cast<char>('0' + writer));
      for (int line = 0; line < k_lines; ++line) {
        if (!append_line(path, body + " " + std::to_string(line) + "\n")) return 2;
      }
      return 0;
    });
  }
  go.close_end_for_writing();
  for (Child& writer : writers) ASSERT_EQ(writer.wait(), 0);
  std::istringstream lines(*read_file(path, 64UL * 1024 * 1024));
  std::map<char, int> next;
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const char writer = line.at(0);
    const std::string body(static_cast<std::size_t>(100 + (writer - '0') * 97), writer);
    ASSERT_EQ(line, body + " " + std::to_string(next[writer]++));
  }
  EXPECT_EQ(count, k_writers * k_lines);
}

TEST(FileText, AFullDiskIsAnErrorAndCostsThatLineAndNoOther) {
  const Scratch scratch;
  const std::string path = scratch.path("journal");
  ASSERT_TRUE(append_line(path, "first\n"));
  Child child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit room{10, 10};  // stands in for a full disk
    if (::setrlimit(RLIMIT_FSIZE, &room) != 0) return 1;
    const Result<void> cut = append_line(path, "second\n");
    if (cut) return 2;
    if (*read_file(path) != "first\n") return 4;
    return cut.error().message == "write " + path + ": No space left on device" ? 0 : 3;
  });
  EXPECT_EQ(child.wait(), 0);
  ASSERT_TRUE(append_line(path, "third\n"));
  EXPECT_EQ(*read_file(path), "first\nthird\n");
}

TEST(FileText, ANamelessFileLeavesNothingAlsoWhereItMustHaveANameAtFirst) {
  const Scratch scratch;
  constexpr int k_no_filter = 77;
  Child child([&] {
    // As on NFS.
    if (!refuse_to_open_with(O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP)) return k_no_filter;
    const char* directory = scratch.path().c_str();
    if (UniqueFd(::open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)).valid()) return 1;
    const Result<UniqueFd> file = nameless_file(directory);
    if (!file || !write_all(file->get(), "text")) return 2;
    struct stat info {};
    if (::fstat(file->get(), &info) != 0 || (info.st_mode & 0777) != 0600) return 3;
    return std::filesystem::is_empty(directory) ? 0 : 4;
  });
  const int code = child.wait();
  if (code == k_no_filter) GTEST_SKIP() << "needs seccomp(2), to refuse O_TMPFILE";
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace holdfast::os
