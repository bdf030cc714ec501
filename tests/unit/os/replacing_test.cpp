#include "os/signal/replacing.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "os/child_process.hpp"
#include "os/file/descriptors.hpp"
#include "os/scratch.hpp"

namespace holdfast::os {
namespace {

namespace fs = std::filesystem;

class Replacing : public testing::Test {
 protected:
  Replacing() { std::ofstream(target_) << "old"; }

  // Whether the target has this text and nothing is beside it.
  void expect_alone(const std::string& text) const {
    EXPECT_EQ(*read_file(target_), text);
    for (const auto& entry : fs::directory_iterator(scratch_.path())) {
      EXPECT_EQ(entry.path(), target_);
    }
  }

  Scratch scratch_;
  std::string target_ = scratch_.path("target");
};

TEST_F(Replacing, TheNewFileHasThePermissionsOfTheOld) {
  fs::permissions(target_, fs::perms(0640));
  EXPECT_TRUE(replace_file(target_, "new"));
  EXPECT_EQ(mode_of(target_), 0640U);
  expect_alone("new");
}

TEST_F(Replacing, ALinkIsReplacedAndNotTheFileToWhichItLeads) {
  const Scratch elsewhere;
  fs::rename(target_, elsewhere.path("file"));
  fs::create_symlink(elsewhere.path("file"), target_);
  EXPECT_TRUE(replace_file(target_, "new"));
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(target_)));
  EXPECT_EQ(*read_file(elsewhere.path("file")), "old");
  expect_alone("new");
}

TEST_F(Replacing, ADraftThatAKilledProcessOfOurNumberHasLeftIsNotInTheWay) {
  std::ofstream(target_ + "." + std::to_string(::getpid()) + ".tmp") << "half";
  const Result<void> replaced = replace_file(target_, "new");
  EXPECT_TRUE(replaced) << replaced.error().message;
  expect_alone("new");
}

TEST_F(Replacing, WhatCannotBeFilledLeavesTheOldAndNoDraft) {
  const Result<void> failed = replace_file(target_, [](const Draft& draft) {
    (void)write_all(draft.file, "half");
    return Result<void>(Error{"think of the rest"});
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "think of the rest");
  expect_alone("old");
}

TEST_F(Replacing, WhereTheTargetCannotBeNothingIsLeft) {
  fs::remove(target_);
  fs::create_directories(target_ + "/full");
  EXPECT_FALSE(replace_file(target_, "new"));
  fs::remove_all(target_);
  std::ofstream(target_) << "old";
  expect_alone("old");
}

TEST_F(Replacing, ASignalLeavesTheOldAndNoDraftAndActsAfterwards) {
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) {
    Child child([&] {
      (void)replace_file(target_, [&](const Draft& draft) {
        if (draft.signals.came()) ::_exit(1);
        ::kill(::getpid(), signal);
        if (!draft.signals.came()) ::_exit(2);
        return Result<void>();
      });
      return 3;
    });
    EXPECT_EQ(child.wait(), 1000 + signal);
    expect_alone("old");
  }
}

TEST_F(Replacing, ASignalThatIsIgnoredHindersNothing) {
  Child child([&] {
    ::signal(SIGHUP, SIG_IGN);  // as nohup(1) does
    const Result<void> replaced = replace_file(target_, [](const Draft& draft) {
      ::kill(::getpid(), SIGHUP);
      return write_all(draft.file, "new") ? Result<void>() : Result<void>(Error{"write"});
    });
    return replaced ? 0 : 1;
  });
  EXPECT_EQ(child.wait(), 0);
  expect_alone("new");
}

TEST_F(Replacing, WhatCannotBeWrittenLeavesTheOldAndSaysWhy) {
  Child child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit room{10, 10};  // stands in for a full disk
    if (::setrlimit(RLIMIT_FSIZE, &room) != 0) return 1;
    const Result<void> cut = replace_file(target_, std::string(100, 'x'));
    if (cut) return 2;
    return cut.error().message == "write " + target_ + ": File too large" ? 0 : 3;
  });
  EXPECT_EQ(child.wait(), 0);
  expect_alone("old");
}

TEST_F(Replacing, TheSignalOfALimitLeavesTheOldAndNoDraft) {
  Child child([&] {
    const rlimit none{0, 0};
    const rlimit room{10, 10};
    if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::setrlimit(RLIMIT_FSIZE, &room) != 0) return 1;
    (void)replace_file(target_, std::string(100, 'x'));
    return 2;
  });
  EXPECT_EQ(child.wait(), 1000 + SIGXFSZ);
  expect_alone("old");
}

TEST_F(Replacing, WhereNoDraftCanBeMadeTheTargetIsNamed) {
  const std::string target = scratch_.path("none/target");
  const Result<void> replaced = replace_file(target, "new");
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().message, "write " + target + ": No such file or directory");
}

}  // namespace
}  // namespace holdfast::os
