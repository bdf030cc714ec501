// The order of the waiters.
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <memory>

#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"
#include "os/lock/byte_locks.hpp"
#include "os/sanitized.hpp"
#include "os/scratch.hpp"
#include "os/test_lock.hpp"

namespace holdfast::os {
namespace {

// A process that says "queued", waits, says its name once it has the lock, and releases it.
Child waiter(const TestLock& lock, Channel& told, const std::string& name) {
  return Child([&lock, &told, name] {
    LockRequest request = lock.request();
    const bool had = takes(request);
    told.say(had ? "at once" : "queued");
    if (!had && !waits_and_has(request)) return 1;
    told.say(name);
    return 0;
  });
}

std::string children_of(pid_t pid) {
  const std::string number = std::to_string(pid);
  const Result<std::string> text = read_file("/proc/" + number + "/task/" + number + "/children");
  return text ? *text : "";
}

TEST(LockQueue, WaitersGetTheLockInTheOrderOfTheirArrival) {
  const TestLock lock;
  Holder holder(lock);
  Channel told;
  std::vector<Child> waiters;
  for (int i = 0; i < 8; ++i) {
    waiters.push_back(waiter(lock, told, std::to_string(i)));
    ASSERT_EQ(told.hear(), "queued");
  }
  holder.let_go();
  for (int i = 0; i < 8; ++i) EXPECT_EQ(told.hear(), std::to_string(i));
  for (Child& child : waiters) EXPECT_EQ(child.wait(), 0);
}

TEST(LockQueue, ANewcomerDoesNotOvertakeWhoIsInTheQueueEvenWhenTheLockIsFree) {
  const TestLock lock;
  Holder holder(lock);
  LockRequest first = lock.request();  // has a ticket but does nothing, as if stopped
  ASSERT_FALSE(takes(first));
  holder.let_go();
  EXPECT_FALSE(lock.file_is_locked());
  LockRequest newcomer = lock.request();
  EXPECT_FALSE(takes(newcomer));
  EXPECT_TRUE(waits_and_has(first));
}

TEST(LockQueue, AKilledWaiterVanishesWithItsHelper) {
  const TestLock lock;
  Holder holder(lock);
  Channel told;
  Child first = waiter(lock, told, "first");
  ASSERT_EQ(told.hear(), "queued");
  std::string helper;
  ASSERT_TRUE(becomes_true([&] { return !(helper = children_of(first.pid())).empty(); }));
  Child second = waiter(lock, told, "second");
  ASSERT_EQ(told.hear(), "queued");
  first.signal(SIGKILL);
  EXPECT_EQ(first.wait(), 1000 + SIGKILL);
  holder.let_go();
  EXPECT_EQ(told.hear(), "second");
  EXPECT_EQ(second.wait(), 0);
  const pid_t pid = std::stoi(helper);
  EXPECT_TRUE(becomes_true([&] {
    const Result<ProcessStat> stat = read_process_stat(pid);
    return !stat || stat->state == 'Z';
  }));
}

TEST(LockQueue, AStoppedWaiterKeepsItsPlace) {
  const TestLock lock;
  Holder holder(lock);
  Channel told;
  Child first = waiter(lock, told, "first");
  ASSERT_EQ(told.hear(), "queued");
  Child second = waiter(lock, told, "second");
  ASSERT_EQ(told.hear(), "queued");
  first.signal(SIGSTOP);
  ASSERT_TRUE(becomes_true([&] { return is_stopped(first.pid()); }));
  holder.let_go();
  EXPECT_EQ(told.hear(Milliseconds{20}), "<silence>");
  first.signal(SIGCONT);
  EXPECT_EQ(told.hear(), "first");
  EXPECT_EQ(told.hear(), "second");
  EXPECT_EQ(first.wait(), 0);
  EXPECT_EQ(second.wait(), 0);
}

TEST(LockQueue, AKilledHelperIsAnErrorAndNeverALock) {
  const TestLock lock;
  const Holder holder(lock);
  Child child([&] {
    LockRequest request = lock.request();
    if (takes(request) || !request.start_waiting()) return 1;
    ::kill(std::stoi(children_of(::getpid())), SIGKILL);
    if (!readable(request.ready_fd())) return 2;
    const Result<bool> had = request.finish_waiting();
    return had ? 3 : 0;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(LockQueue, AHelperThatIsKilledBeforeItsFirstWordIsNoticed) {
  const TestLock lock;
  const Holder holder(lock);
  Child child([&] {
    LockRequest request = lock.request();
    if (takes(request)) return 1;
    ::alarm(30);  // ends a wait for nobody
    ::pthread_atfork(nullptr, nullptr, [] { ::kill(::getpid(), SIGKILL); });
    return request.start_waiting() ? 2 : 0;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(LockQueue, WhoGivesUpLeavesTheQueueAndNoProcess) {
  const TestLock lock;
  Holder holder(lock);
  Child child([&] {
    {
      LockRequest request = lock.request();
      if (takes(request) || !request.start_waiting()) return 1;
    }
    return children_of(::getpid()).empty() ? 0 : 2;
  });
  EXPECT_EQ(child.wait(), 0);
  holder.let_go();
  LockRequest next = lock.request();
  EXPECT_TRUE(takes(next));
}

// As from a time namespace: its ticket is a time that the clock here reaches only much later.
TEST(LockQueue, WhoComesWhileOneWithALaterClockIsAtTheHeadWaitsBehindIt) {
  const TestLock lock;
  Holder holder(lock);
  constexpr off_t k_ahead = 1'000'000'000'000'000;
  const off_t later = monotonic_now_ns() + k_ahead;
  UniqueFd head(::open((lock.directory() + "/db/queue").c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(try_byte_lock(head.get(), ByteLock::exclusive, {later, 1}));
  ASSERT_TRUE(try_byte_lock(head.get(), ByteLock::shared, {0, later}));
  LockRequest first = lock.request();
  LockRequest second = lock.request();
  ASSERT_FALSE(takes(first));
  ASSERT_FALSE(takes(second));
  EXPECT_GT(first.ticket(), later);
  EXPECT_GT(second.ticket(), first.ticket());
  head.reset();
  holder.let_go();
  EXPECT_TRUE(waits_and_has(first));
}

TEST(LockQueue, SharedWaitersBehindAnExclusiveHolderGetTheLockTogether) {
  const TestLock lock;
  Holder holder(lock);
  std::vector<std::unique_ptr<LockRequest>> readers;
  for (int i = 0; i < 3; ++i) {
    readers.push_back(std::make_unique<LockRequest>(lock.request("db:shared")));
    ASSERT_FALSE(takes(*readers.back()));
    ASSERT_TRUE(readers.back()->start_waiting());
  }
  holder.let_go();
  for (auto& reader : readers) {
    ASSERT_TRUE(readable(reader->ready_fd()));
    EXPECT_TRUE(*reader->finish_waiting());
  }
}

TEST(LockQueue, AWriterIsNotStarvedByReadersThatComeAfterIt) {
  const TestLock lock;
  Holder reader(lock, "db:shared");
  LockRequest writer = lock.request();
  ASSERT_FALSE(takes(writer));
  ASSERT_TRUE(writer.start_waiting());
  LockRequest late = lock.request("db:shared");
  EXPECT_FALSE(takes(late));
  reader.let_go();
  ASSERT_TRUE(readable(writer.ready_fd()));
  EXPECT_TRUE(*writer.finish_waiting());
}

// Many at once: none is lost or refused, and never have two the lock.
TEST(LockQueue, ManyThatTakeItAgainAndAgainExcludeOneAnother) {
  constexpr int k_processes = 6;
  constexpr int k_rounds = 50;
  const Scratch scratch;
  const TestLock lock;
  const std::string path = scratch.path("counter");
  ASSERT_TRUE(append_line(path, std::string(sizeof(int), '\0')));
  Channel go;
  std::vector<Child> children;
  for (int i = 0; i < k_processes; ++i) {
    children.emplace_back([&] {
      go.close_end_for_writing();
      (void)go.hear();
      const UniqueFd counter(::open(path.c_str(), O_RDWR | O_CLOEXEC));
      for (int round = 0; round < k_rounds; ++round) {
        LockRequest request = lock.request();
        const Result<bool> had = request.try_take();
        if (!had) return 1;
        if (!*had && !waits_and_has(request)) return 2;
        int value = 0;
        if (::pread(counter.get(), &value, sizeof value, 0) != sizeof value) return 3;
        ++value;
        if (::pwrite(counter.get(), &value, sizeof value, 0) != sizeof value) return 4;
      }
      return 0;
    });
  }
  go.close_end_for_writing();
  for (Child& child : children) EXPECT_EQ(child.wait(), 0);
  int value = 0;
  const UniqueFd counter(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::pread(counter.get(), &value, sizeof value, 0), static_cast<ssize_t>(sizeof value));
  EXPECT_EQ(value, k_processes * k_rounds);
}

// Anybody may lock bytes of a file that is not the user's alone.
TEST(LockQueue, WhereNoTicketIsFreeItIsSaid) {
  const TestLock lock;
  LockRequest request = lock.request();
  const std::string directory = lock.directory() + "/db";
  const UniqueFd all(::open((directory + "/queue").c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(try_byte_lock(all.get(), ByteLock::exclusive, {0, 0}));
  const Result<bool> had = request.try_take();
  ASSERT_FALSE(had);
  EXPECT_EQ(had.error().message, "draw a ticket: the queue is too busy (in " + directory + ")");
}

}  // namespace
}  // namespace holdfast::os
