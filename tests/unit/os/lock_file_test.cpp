#include "os/lock/lock_file.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <optional>

#include "os/scratch.hpp"
#include "os/test_lock.hpp"

namespace holdfast::os {
namespace {

TEST(LockFile, ExclusiveExcludesAndSharedShares) {
  const struct {
    const char* held;
    const char* wanted;
    bool had;
  } rows[] = {
      {"db", "db", false},         {"db", "db:shared", false},
      {"db:shared", "db", false},  {"db:shared", "db:shared", true},
      {"db:1/4", "db:1/4", true},  {"db", "other", true},
      {"db:3/4", "db:2/4", false}, {"db:3/4", "db:1/4", true},
      {"db", "db:1/4", false},     {"db:1/4", "db", false},
  };
  for (const auto& row : rows) {
    const TestLock lock;
    LockRequest holder = lock.request(row.held);
    ASSERT_TRUE(takes(holder));
    LockRequest other = lock.request(row.wanted);
    EXPECT_EQ(takes(other), row.had) << row.held << ' ' << row.wanted;
  }
}

TEST(LockFile, ALockIsOfOneScopeOneTreeAndOneLevel) {
  TestLock lock;
  lock.home().tree = "/" + lock.home().project;
  LockRequest project = lock.request("db");
  LockRequest build = lock.request("db@build");
  ASSERT_TRUE(takes(project));
  EXPECT_TRUE(takes(build));
  LockRequest below = lock.request("db", {"r.1", {}});
  EXPECT_TRUE(takes(below));
  LockRequest same_level = lock.request("db", {"r.1", {}});
  EXPECT_FALSE(takes(same_level));
  LockRequest other_level = lock.request("db", {"../r.2", {}});
  EXPECT_TRUE(takes(other_level));
}

TEST(LockFile, DestroyingARequestLetsTheLockGo) {
  const TestLock lock;
  {
    LockRequest holder = lock.request();
    ASSERT_TRUE(takes(holder));
    EXPECT_TRUE(lock.file_is_locked());
  }
  EXPECT_FALSE(lock.file_is_locked());
  LockRequest next = lock.request();
  EXPECT_TRUE(takes(next));
}

TEST(LockFile, FlockOnTheFileByAScriptExcludesAndIsExcluded) {
  const TestLock lock;
  LockRequest request = lock.request();
  Channel told;
  Channel orders;
  Child script([&] {
    const UniqueFd file(::open(lock.file().c_str(), O_RDONLY | O_CLOEXEC));
    told.say(::flock(file.get(), LOCK_EX | LOCK_NB) == 0 ? "has it" : "refused");
    return orders.hear() == "let go" ? 0 : 1;
  });
  ASSERT_EQ(told.hear(), "has it");
  EXPECT_FALSE(takes(request));
  EXPECT_TRUE(request.holders().empty()) << "a script leaves no record";
  ASSERT_TRUE(request.start_waiting());
  orders.say("let go");
  ASSERT_TRUE(readable(request.ready_fd()));
  EXPECT_TRUE(*request.finish_waiting());
  EXPECT_TRUE(lock.file_is_locked());
  EXPECT_TRUE(lock.file_is_locked(LOCK_SH));
  EXPECT_EQ(script.wait(), 0);
}

TEST(LockFile, ASharedLockLeavesRoomForAScriptsSharedOne) {
  const TestLock lock;
  LockRequest request = lock.request("db:shared");
  ASSERT_TRUE(takes(request));
  EXPECT_FALSE(lock.file_is_locked(LOCK_SH));
  EXPECT_TRUE(lock.file_is_locked(LOCK_EX));
}

TEST(LockFile, FilesAreForTheUserAlone) {
  const TestLock lock;
  LockRequest request = lock.request();
  EXPECT_EQ(mode_of(user_directory_path()), 0700U);
  EXPECT_EQ(mode_of(lock.directory()), 0700U);
  EXPECT_EQ(mode_of(lock.directory() + "/db"), 0700U);
  EXPECT_EQ(mode_of(lock.file()), 0600U);
  EXPECT_EQ(mode_of(lock.directory() + "/db/queue"), 0600U);
}

TEST(LockFile, ATicketNeedsNoDisk) {
  const TestLock lock;
  LockRequest holder = lock.request();
  LockRequest waiter = lock.request();
  ASSERT_TRUE(takes(holder));
  ASSERT_FALSE(takes(waiter));
  EXPECT_EQ(std::filesystem::file_size(lock.directory() + "/db/queue"), 0U);
}

TEST(LockHolders, ARecordIsSeenByOthersOnlyWhileItsHolderHasTheLock) {
  const TestLock lock;
  std::optional<LockRequest> holder(lock.request());
  ASSERT_TRUE(takes(*holder));
  holder->sign(party_named("holder"));
  LockRequest other = lock.request();
  ASSERT_FALSE(takes(other));
  ASSERT_EQ(other.holders().size(), 1U);
  EXPECT_EQ(other.holders()[0], party_named("holder"));
  holder.reset();
  EXPECT_EQ(std::filesystem::file_size(lock.file()), k_party_size) << "the text is still there";
  EXPECT_TRUE(other.holders().empty());
}

TEST(LockHolders, EverySharedHolderHasARecordAndAFreedOneIsUsedAgain) {
  const TestLock lock;
  const auto share = [&](const std::string& test) {
    auto request = std::make_unique<LockRequest>(lock.request("db:shared"));
    EXPECT_TRUE(takes(*request));
    request->sign(party_named(test));
    return request;
  };
  auto a = share("a");
  auto b = share("b");
  auto c = share("c");
  LockRequest other = lock.request();
  const auto names = [&] {
    std::string text;
    for (const LockParty& party : other.holders()) text += party.test + " ";
    return text;
  };
  EXPECT_EQ(names(), "a b c ");
  b.reset();
  EXPECT_EQ(names(), "a c ");
  auto d = share("d");
  EXPECT_EQ(names(), "a d c ");
}

TEST(LockHolders, AKilledHolderIsNoHolder) {
  const TestLock lock;
  Channel told;
  Child holder([&] {
    LockRequest request = lock.request();
    if (!takes(request)) return 1;
    request.sign(party_named("killed"));
    told.say("has it");
    ::pause();
    return 0;
  });
  ASSERT_EQ(told.hear(), "has it");
  LockRequest other = lock.request();
  ASSERT_FALSE(takes(other));
  ASSERT_EQ(other.holders().size(), 1U);
  EXPECT_EQ(other.holders()[0].test, "killed");
  EXPECT_EQ(other.holders()[0].process.pid, holder.pid());
  holder.signal(SIGKILL);
  EXPECT_EQ(holder.wait(), 1000 + SIGKILL);
  EXPECT_TRUE(other.holders().empty());
  EXPECT_TRUE(waits_and_has(other));
}

TEST(LockHolders, LockAndRecordLiveAsLongAsTheLastProcessThatHasTheDescriptors) {
  const TestLock lock;
  Channel orders;
  std::optional<LockRequest> holder(lock.request());
  ASSERT_TRUE(takes(*holder));
  holder->sign(party_named("holder"));
  Child heir([&] {
    orders.close_end_for_writing();
    (void)orders.hear();
    return 0;
  });
  holder.reset();
  LockRequest other = lock.request();
  EXPECT_FALSE(takes(other));
  EXPECT_EQ(other.holders().size(), 1U);
  orders.close_end_for_writing();
  EXPECT_EQ(heir.wait(), 0);
  EXPECT_TRUE(other.holders().empty());
  EXPECT_FALSE(lock.file_is_locked());
}

TEST(LockFile, ThatOfALevelIsRemovedUnlessItIsInUse) {
  const TestLock lock;
  LockRequest holder = lock.request();
  ASSERT_TRUE(takes(holder));
  const auto is_there = [&](const std::string& attempt) {
    return std::filesystem::exists(lock.directory() + "/db/" + level_directory(attempt));
  };
  std::optional<LockRequest> inside(lock.request("db", {"r.1", {}}));
  std::optional<LockRequest> waiter(lock.request("db", {"r.1", {}}));
  ASSERT_TRUE(takes(*inside));
  ASSERT_FALSE(takes(*waiter));
  holder.tidy_below("r.1");
  EXPECT_TRUE(is_there("r.1")) << "somebody has the lock";
  inside.reset();
  holder.tidy_below("r.1");
  EXPECT_TRUE(is_there("r.1")) << "somebody has a ticket";
  // From a level beside it, too.
  const LockRequest beside = lock.request("db", {"r.2", {}});
  beside.tidy_below("r.1");
  EXPECT_TRUE(is_there("r.1"));
  waiter.reset();
  beside.tidy_below("r.1");
  EXPECT_FALSE(is_there("r.1"));
  EXPECT_TRUE(is_there("r.2"));
  holder.tidy_below("r.2");
  EXPECT_FALSE(is_there("r.2"));
}

TEST(LockFile, OthersMayLockItsOwnFileAndThoseOfItsSlots) {
  const TestLock lock;
  const LockRequest request = lock.request("db:1/3");
  EXPECT_EQ(request.files().size(), 1U) << "there are no slots yet";
  LockRequest both = lock.request("db:2/3");
  ASSERT_TRUE(takes(both));
  EXPECT_EQ(request.files().size(), 3U);
  EXPECT_EQ(both.descriptors().size(), 3U);
}

TEST(LockFile, HoldersAndThoseWhoCameBeforeAreInTheWay) {
  const TestLock lock;
  Channel told;
  const Child holder([&] {
    LockRequest request = lock.request();
    if (!takes(request)) return 1;
    LockParty party = party_named("the holder");
    party.boot = numbering_id();
    request.sign(party);
    told.say("has it");
    while (true) ::pause();
    return 0;
  });
  ASSERT_EQ(told.hear(), "has it");
  LockRequest before = lock.request();
  LockRequest unsaid = lock.request();
  LockRequest waiter = lock.request();
  LockRequest behind = lock.request();
  for (LockRequest* const one : {&before, &unsaid, &waiter, &behind}) ASSERT_FALSE(takes(*one));
  before.sign_waiting(party_named("before"));
  behind.sign_waiting(party_named("behind"));
  LockObstacles seen = waiter.obstacles();
  ASSERT_EQ(seen.holders.size(), 1U);
  EXPECT_EQ(seen.holders[0].test, "the holder");
  EXPECT_FALSE(seen.holders[0].stopped);
  EXPECT_EQ(seen.ahead, 2U);
  ASSERT_EQ(seen.before.size(), 1U);
  EXPECT_EQ(seen.before[0].test, "before");
  holder.signal(SIGSTOP);
  EXPECT_TRUE(becomes_true([&] { return waiter.obstacles().holders[0].stopped; }));
}

}  // namespace
}  // namespace holdfast::os
