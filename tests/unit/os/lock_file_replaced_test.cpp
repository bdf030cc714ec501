// A lock file that somebody removed: a lock on it excludes nobody.
#include <gtest/gtest.h>

#include "test_lock.hpp"

namespace holdfast::os {
namespace {

TEST(ReplacedLockFile, IsNoticedByWhoTakesTheLockAndTheNewOneIsTaken) {
  const TestLock lock;
  LockRequest request = lock.request();
  ASSERT_TRUE(std::filesystem::remove(lock.file()));
  EXPECT_TRUE(takes(request));
  EXPECT_TRUE(lock.file_is_locked()) << "the one that has the name";
}

TEST(ReplacedLockFile, IsNoticedByWhoWaitedForItAndTheNewOneIsAskedFor) {
  const TestLock lock;
  Holder holder(lock);
  LockRequest waiter = lock.request();
  ASSERT_FALSE(takes(waiter));
  ASSERT_TRUE(waiter.start_waiting());
  ASSERT_TRUE(std::filesystem::remove(lock.file()));
  LockRequest other = lock.request();  // makes the new file
  holder.let_go();
  ASSERT_TRUE(readable(waiter.ready_fd()));
  const Result<bool> had = waiter.finish_waiting();
  ASSERT_TRUE(had);
  EXPECT_FALSE(*had);
  EXPECT_TRUE(takes(waiter));
  EXPECT_FALSE(takes(other));
  EXPECT_TRUE(lock.file_is_locked());
}

TEST(ReplacedLockFile, AReplacedQueueDoesNotBreakTheExclusion) {
  const TestLock lock;
  LockRequest holder = lock.request();
  ASSERT_TRUE(takes(holder));
  ASSERT_TRUE(std::filesystem::remove(lock.directory() + "/db/queue"));
  LockRequest other = lock.request();
  EXPECT_FALSE(takes(other));
}

}  // namespace
}  // namespace holdfast::os
