// Stop commands on record.
#include "os/process/stop_record.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "os/child_process.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"
#include "os/scratch.hpp"

namespace holdfast::os {
namespace {

class StopRecordTest : public testing::Test {
 protected:
  StopOrder order(const std::string& script) const {
    StopOrder order;
    order.service = "db";
    order.command.words = {"sh", "-c", script};
    order.command.environment = {"PATH=/usr/bin:/bin", "WHO=me=you"};
    order.command.directory = scratch_.path(".");
    order.command.time = Milliseconds{20'000};
    return order;
  }

  Scratch scratch_;
  std::string path_ = scratch_.path("db-1.stop");
};

TEST_F(StopRecordTest, StandsNextToTheLog) {
  EXPECT_EQ(stop_record_path("/r/services/db-1.log"), "/r/services/db-1.stop");
}

TEST_F(StopRecordTest, IsNobodysWhileItIsHeld) {
  Result<UniqueFd> held = write_stop_record(path_, order("true"));
  ASSERT_TRUE(held);
  EXPECT_FALSE(is_left(path_));
  EXPECT_FALSE(run_left_stop(path_));
  held->reset();
  EXPECT_TRUE(is_left(path_));
}

// Whoever held it may be ending, and has closed its sockets already.
TEST_F(StopRecordTest, IsWaitedForWhileItsHolderEnds) {
  Channel begun;
  Channel end;
  Child holder([&] {
    const Result<UniqueFd> held = write_stop_record(path_, order("true"));
    begun.say(held ? "held" : "failed");
    (void)end.hear();
    return 0;
  });
  ASSERT_EQ(begun.hear(), "held");
  EXPECT_FALSE(run_left_stop(path_, Milliseconds{1}));
  Child ender([&] {
    if (is_left(path_)) return 1;
    end.say("end");
    return 0;
  });
  const std::optional<LeftStop> ran = run_left_stop(path_, Milliseconds{30'000});
  EXPECT_EQ(ender.wait(), 0);
  EXPECT_EQ(holder.wait(), 0);
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->service, "db");
  EXPECT_EQ(ran->trouble, "");
}

TEST_F(StopRecordTest, RunsOnceAsItWasWritten) {
  ASSERT_TRUE(write_stop_record(path_, order("true")));
  ASSERT_TRUE(write_stop_record(path_, order("echo \"$WHO\" >said")));  // replaces the first
  const std::optional<LeftStop> ran = run_left_stop(path_);
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->service, "db");
  EXPECT_EQ(ran->trouble, "");
  EXPECT_EQ(*read_file(scratch_.path("said")), "me=you\n");
  EXPECT_FALSE(run_left_stop(path_));
  EXPECT_NE(::access(path_.c_str(), F_OK), 0);
}

TEST_F(StopRecordTest, AFailureIsSaid) {
  ASSERT_TRUE(write_stop_record(path_, order("echo no such container; exit 3")));
  EXPECT_EQ(run_left_stop(path_)->trouble,
            "the stop command of service db: `sh` ended with exit code 3: no such container");
}

// Another version of Holdfast may understand it.
TEST_F(StopRecordTest, WhatIsNotUnderstoodStaysAndIsSaid) {
  ASSERT_TRUE(append_line(path_, "rubbish"));
  const std::optional<LeftStop> ran = run_left_stop(path_);
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->service, "");
  EXPECT_TRUE(ran->trouble.starts_with("the stop command in " + path_ + ": ")) << ran->trouble;
  EXPECT_TRUE(is_left(path_));
}

TEST_F(StopRecordTest, AnOrderOfNoServiceOrNoCommandIsNone) {
  StopOrder no_service = order("true");
  no_service.service.clear();
  StopOrder no_command = order("true");
  no_command.command.words.clear();
  for (const StopOrder& none : {no_service, no_command}) {
    ASSERT_TRUE(write_stop_record(path_, none));
    const std::optional<LeftStop> ran = run_left_stop(path_);
    ASSERT_TRUE(ran);
    EXPECT_NE(ran->trouble.find("expected the stop command of a service"), std::string::npos)
        << ran->trouble;
  }
}

TEST_F(StopRecordTest, OfAnotherUserIsNotRun) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  ASSERT_TRUE(write_stop_record(path_, order("true")));
  ASSERT_EQ(::chown(path_.c_str(), 1'234'567, 0), 0);
  EXPECT_FALSE(is_left(path_));
  EXPECT_FALSE(run_left_stop(path_));
}

// It has the environment of the service, which may have secrets.
TEST_F(StopRecordTest, WhereItCannotBeNothingIsLeftOfIt) {
  std::filesystem::create_directories(path_ + "/full");
  EXPECT_FALSE(write_stop_record(path_, order("true")));
  EXPECT_NE(::access((path_ + ".new").c_str(), F_OK), 0);
  std::filesystem::remove_all(path_);
  // One that a killed process has left is not in the way.
  ASSERT_TRUE(append_line(path_ + ".new", "rubbish"));
  EXPECT_TRUE(write_stop_record(path_, order("true")));
  EXPECT_NE(::access((path_ + ".new").c_str(), F_OK), 0);
}

TEST_F(StopRecordTest, OnlyItsUserReadsIt) {
  ASSERT_TRUE(write_stop_record(path_, order("true")));
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

}  // namespace
}  // namespace holdfast::os
