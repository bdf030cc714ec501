#include "os/file/trusted_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/child_process.hpp"
#include "os/scratch.hpp"
#include "os/user_directory.hpp"

namespace holdfast::os {
namespace {

// Restores the umask, which belongs to the whole test program.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  ~Umask() { ::umask(before_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  mode_t before_;
};

TEST(TrustedDirectory, ADirectoryIsMadeWithItsModeWhateverTheUmaskIs) {
  const Scratch scratch;
  const Umask mask(0777);
  EXPECT_TRUE(open_below(scratch.open(), "d", 0700));
  EXPECT_EQ(mode_of(scratch.path("d")), 0700U);
  EXPECT_TRUE(open_below(scratch.open(), "open", 01777));
  EXPECT_EQ(mode_of(scratch.path("open")), 01777U);
  EXPECT_TRUE(open_below(scratch.open(), "d", 0700)) << "it is there now";
}

TEST(TrustedDirectory, AFileIsMadeWithItsModeWhateverTheUmaskIs) {
  const Scratch scratch;
  const Umask mask(0777);
  EXPECT_TRUE(open_regular(scratch.open(), "f", 0600));
  EXPECT_EQ(mode_of(scratch.path("f")), 0600U);
  EXPECT_TRUE(open_regular(scratch.open(), "all", 0666));
  EXPECT_EQ(mode_of(scratch.path("all")), 0666U);
}

TEST(TrustedDirectory, AnExistingFileIsOpenedAndKeepsItsContentAndItsMode) {
  const Scratch scratch;
  const Result<UniqueFd> first = open_regular(scratch.open(), "f", 0600);
  ASSERT_TRUE(first);
  ASSERT_EQ(::write(first->get(), "x", 1), 1);
  const Result<UniqueFd> second = open_regular(scratch.open(), "f", 0666);
  ASSERT_TRUE(second);
  char byte = 0;
  EXPECT_EQ(::pread(second->get(), &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'x');
  EXPECT_EQ(mode_of(scratch.path("f")), 0600U);
}

TEST(TrustedDirectory, APlantedLinkIsNotFollowed) {
  const Scratch scratch;
  ASSERT_EQ(::mkdir(scratch.path("target").c_str(), 0700), 0);
  ASSERT_EQ(::symlink("target", scratch.path("d").c_str()), 0);
  ASSERT_EQ(::symlink("made-by-us", scratch.path("dangling").c_str()), 0);
  ASSERT_TRUE(open_regular(scratch.open(), "real", 0600));
  ASSERT_EQ(::symlink("real", scratch.path("f").c_str()), 0);
  EXPECT_FALSE(open_below(scratch.open(), "d", 0700));
  EXPECT_FALSE(open_below(scratch.open(), "dangling", 0700));
  EXPECT_FALSE(open_regular(scratch.open(), "f", 0600));
  EXPECT_FALSE(open_regular(scratch.open(), "dangling", 0600));
  EXPECT_FALSE(std::filesystem::exists(scratch.path("made-by-us")));
}

TEST(TrustedDirectory, WhatIsNoDirectoryOrNoRegularFileIsRefusedAtOnce) {
  const Scratch scratch;
  ASSERT_EQ(::mkfifo(scratch.path("fifo").c_str(), 0600), 0);
  ASSERT_EQ(::mkdir(scratch.path("d").c_str(), 0700), 0);
  ASSERT_TRUE(open_regular(scratch.open(), "f", 0600));
  // In a child, so that an open that blocks fails the test instead of hanging it.
  Child child([&] {
    const Result<UniqueFd> fifo = open_regular(scratch.open(), "fifo", 0600);
    if (fifo) return 1;
    if (fifo.error().message != "use fifo: expected a regular file") return 2;
    if (open_regular(scratch.open(), "d", 0600)) return 3;
    if (open_below(scratch.open(), "fifo", 0700)) return 4;
    if (open_below(scratch.open(), "f", 0700)) return 5;
    return 0;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(TrustedDirectory, AFileOfAStrangerIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  constexpr uid_t k_stranger = 1'234'567;
  const Scratch scratch;
  ASSERT_TRUE(open_regular(scratch.open(), "f", 0600));
  ASSERT_EQ(::chown(scratch.path("f").c_str(), k_stranger, 0), 0);
  const Result<UniqueFd> file = open_regular(scratch.open(), "f", 0600);
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().message.find("belongs to user 1234567"), std::string::npos)
      << file.error().message;
  // Who owns the directory can replace the file anyway.
  ASSERT_EQ(::chown(scratch.path("").c_str(), k_stranger, 0), 0);
  EXPECT_TRUE(open_regular(scratch.open(), "f", 0600));
}

TEST(TrustedDirectory, OfManyThatMakeOneFileAtOnceAllGetTheSame) {
  const Scratch scratch;
  Channel go;
  Channel seen;
  std::vector<Child> children;
  for (int i = 0; i < 16; ++i) {
    children.emplace_back([&] {
      go.close_end_for_writing();
      if (go.hear() != "<end>") return 1;
      const Result<UniqueFd> directory = open_below(scratch.open(), "d", 0700);
      if (!directory) return 2;
      const Result<UniqueFd> file = open_regular(*directory, "f", 0600);
      struct stat info {};
      if (!file || ::fstat(file->get(), &info) != 0) return 3;
      seen.say(std::to_string(info.st_ino));
      return 0;
    });
  }
  go.close_end_for_writing();
  for (Child& child : children) EXPECT_EQ(child.wait(), 0);
  const std::string first = seen.hear();
  for (std::size_t i = 1; i < children.size(); ++i) EXPECT_EQ(seen.hear(), first);
}

class TrustedUserDirectory : public UserDirectory {
 protected:
  // 0: opened; 1: refused with a message that contains `reason`; 2: refused for another reason.
  static int open_as_user(const std::string& reason) {
    return as_user([&] {
      const Result<UniqueFd> directory = open_user_directory();
      if (directory) return 0;
      return directory.error().message.find(reason) != std::string::npos ? 1 : 2;
    });
  }
};

TEST_F(TrustedUserDirectory, IsMadeForItsOwnerAloneAndOpenedAgain) {
  const Umask mask(0);
  EXPECT_EQ(open_as_user("?"), 0);
  EXPECT_EQ(mode_of(path()), 0700U);
  EXPECT_EQ(open_as_user("?"), 0);
}

TEST_F(TrustedUserDirectory, IsRefusedWhenSomebodyElseOwnsIt) {
  // The other one may let us open it or not.
  for (const mode_t mode : std::initializer_list<mode_t>{0755, 0700}) {
    std::filesystem::remove_all(path());
    ASSERT_EQ(::mkdir(path().c_str(), mode), 0);
    EXPECT_EQ(open_as_user("it belongs to user 0; expected user " + std::to_string(user())), 1)
        << std::oct << mode;
  }
}

TEST_F(TrustedUserDirectory, MayBeMissingWhereNobodyNeedsIt) {
  const auto looks = [] {
    if (open_existing_user_directory()) return 10;
    return check_user_directory() ? 11 : 12;
  };
  EXPECT_EQ(as_user(looks), 11);
  EXPECT_FALSE(std::filesystem::exists(path())) << "nobody has made it";
  ASSERT_EQ(::mkdir(path().c_str(), 0755), 0);
  EXPECT_EQ(as_user(looks), 12) << "it is another user's";
  ASSERT_EQ(::chown(path().c_str(), user(), user()), 0);
  ASSERT_EQ(::chmod(path().c_str(), 0700), 0);
  EXPECT_EQ(as_user(looks), 10);
}

TEST_F(TrustedUserDirectory, IsRefusedWhenOthersMayEnterIt) {
  for (mode_t mode : std::initializer_list<mode_t>{0701, 0710, 0750, 0777, 01777}) {
    std::filesystem::remove_all(path());
    ASSERT_EQ(::mkdir(path().c_str(), 0700), 0);
    ASSERT_EQ(::chown(path().c_str(), user(), user()), 0);
    ASSERT_EQ(::chmod(path().c_str(), mode), 0);
    EXPECT_EQ(open_as_user("others may enter it; expected mode 0700"), 1) << std::oct << mode;
  }
}

TEST_F(TrustedUserDirectory, IsRefusedWhenItIsALinkAFileOrAFifo) {
  const Scratch scratch;
  ASSERT_EQ(::mkdir(scratch.path("d").c_str(), 0700), 0);
  ASSERT_EQ(::chown(scratch.path("d").c_str(), user(), user()), 0);
  ASSERT_EQ(::symlink(scratch.path("d").c_str(), path().c_str()), 0);
  EXPECT_EQ(open_as_user("open the directory " + path()), 1);
  std::filesystem::remove_all(path());
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_EQ(open_as_user("open the directory " + path()), 1);
  std::filesystem::remove_all(path());
  UniqueFd(::open(path().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)).reset();
  EXPECT_EQ(open_as_user("open the directory " + path()), 1);
}

}  // namespace
}  // namespace holdfast::os
