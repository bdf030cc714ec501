// A lock file was removed: a lock on it excludes nothing.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "os/file/clock.hpp"
#include "os/test_lock.hpp"

namespace holdfast::os {
namespace {

void remove_file(const TestLock& lock, const std::string& name = "lock") {
  const std::string path = lock.directory() + "/db/" + name;
  ASSERT_TRUE(std::filesystem::remove(path));
  ASSERT_TRUE(std::filesystem::remove(path + ".spare"));
}

// Whether a process soon blocks in flock(2) for the file (proc_locks(5): "1: -> FLOCK … 00:2a:INODE
// …").
bool is_waited_for(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return false;
  const std::string inode = ":" + std::to_string(info.st_ino) + " ";
  const Milliseconds until = monotonic_now() + Milliseconds{30'000};
  while (monotonic_now() < until) {
    std::ifstream locks("/proc/locks");
    for (std::string line; std::getline(locks, line);) {
      if (line.find("-> FLOCK") != std::string::npos && line.find(inode) != std::string::npos)
        return true;
    }
  }
  return false;
}

TEST(ReplacedLockFile, IsPutBackByTheNextToComeSoThatThereAreNotTwoHolders) {
  const TestLock lock;
  LockRequest holder = lock.request();
  ASSERT_TRUE(takes(holder));
  ASSERT_TRUE(std::filesystem::remove(lock.file()));
  EXPECT_FALSE(holder.is_lost()) << "nobody can hold another";
  LockRequest other = lock.request();
  EXPECT_FALSE(takes(other));
  EXPECT_TRUE(lock.file_is_locked());
  EXPECT_FALSE(holder.is_lost());
}

TEST(ReplacedLockFile, ASlotIsPutBackToo) {
  const TestLock lock;
  LockRequest holder = lock.request("db:2/2");
  ASSERT_TRUE(takes(holder));
  ASSERT_TRUE(std::filesystem::remove(lock.directory() + "/db/slot.1"));
  LockRequest other = lock.request("db:1/2");
  EXPECT_FALSE(takes(other));
  EXPECT_FALSE(holder.is_lost());
}

TEST(ReplacedLockFile, WithAllItsNamesGoneItIsLost) {
  const TestLock lock;
  LockRequest holder = lock.request();
  LockRequest counted = lock.request("slots:2/2");
  ASSERT_TRUE(takes(holder) && takes(counted));
  remove_file(lock);
  EXPECT_TRUE(holder.is_lost());
  EXPECT_FALSE(counted.is_lost());
  std::filesystem::remove_all(lock.directory());
  EXPECT_TRUE(counted.is_lost());
  LockRequest next = lock.request();
  EXPECT_TRUE(takes(next));
  EXPECT_FALSE(next.is_lost());
  EXPECT_TRUE(holder.is_lost());
}

TEST(ReplacedLockFile, ASlotWithItsNamesGoneIsLost) {
  const TestLock lock;
  LockRequest holder = lock.request("db:1/2");
  LockRequest other = lock.request("db:1/2");
  ASSERT_TRUE(takes(holder) && takes(other));
  remove_file(lock, "slot.1");
  EXPECT_FALSE(holder.is_lost());
  EXPECT_TRUE(other.is_lost());
}

TEST(ReplacedLockFile, ASlotIsNoticedByWhoWaitedForItAndTheNewOneIsWaitedFor) {
  const TestLock lock;
  Holder holder(lock, "db:1/1");
  LockRequest waiter = lock.request("db:1/1");
  ASSERT_FALSE(takes(waiter));
  ASSERT_TRUE(waiter.start_waiting());
  // It waits for the old file, not for the new one.
  ASSERT_TRUE(is_waited_for(lock.directory() + "/db/slot.0"));
  remove_file(lock, "slot.0");
  const std::string path = lock.directory() + "/db/slot.0";
  UniqueFd script(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::flock(script.get(), LOCK_EX | LOCK_NB), 0);
  holder.let_go();
  EXPECT_FALSE(readable(waiter.ready_fd(), Milliseconds{20})) << "a script has the new one";
  ::flock(script.get(), LOCK_UN);
  ASSERT_TRUE(readable(waiter.ready_fd()));
  ASSERT_TRUE(*waiter.finish_waiting());
  EXPECT_EQ(waiter.slots(), std::vector<unsigned>{0});
  EXPECT_FALSE(waiter.is_lost());
  EXPECT_NE(::flock(script.get(), LOCK_EX | LOCK_NB), 0) << "what the waiter has is the new one";
}

TEST(ReplacedLockFile, WhoWaitedForWhatIsNoFileAnyMoreIsToldWhy) {
  const TestLock lock;
  Holder holder(lock, "db:1/1");
  LockRequest waiter = lock.request("db:1/1");
  ASSERT_FALSE(takes(waiter));
  ASSERT_TRUE(waiter.start_waiting());
  const std::string path = lock.directory() + "/db/slot.0";
  ASSERT_TRUE(is_waited_for(path));
  remove_file(lock, "slot.0");
  ASSERT_TRUE(std::filesystem::create_directory(path));
  holder.let_go();
  ASSERT_TRUE(readable(waiter.ready_fd()));
  const Result<bool> had = waiter.finish_waiting();
  ASSERT_FALSE(had);
  EXPECT_NE(to_text(had.error()).find("slot.0"), std::string::npos) << to_text(had.error());
}

TEST(ReplacedLockFile, IsNoticedByWhoTakesTheLockAndTheNewOneIsTaken) {
  const TestLock lock;
  LockRequest request = lock.request();
  remove_file(lock);
  EXPECT_TRUE(takes(request));
  EXPECT_TRUE(lock.file_is_locked()) << "the one that has the name";
  LockRequest late = lock.request("other");
  std::filesystem::remove_all(lock.directory());
  EXPECT_TRUE(takes(late)) << "with its directories";
  EXPECT_FALSE(late.is_lost());
}

TEST(ReplacedLockFile, IsNoticedByWhoWaitedForItAndTheNewOneIsAskedFor) {
  const TestLock lock;
  Holder holder(lock);
  LockRequest waiter = lock.request();
  ASSERT_FALSE(takes(waiter));
  ASSERT_TRUE(waiter.start_waiting());
  remove_file(lock);
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
