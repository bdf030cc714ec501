// Holders and waiters, as another process sees them.
#include "os/lock/lock_survey.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>

#include "os/file/descriptors.hpp"
#include "os/lock/byte_locks.hpp"
#include "os/test_lock.hpp"
#include "os/user_directory.hpp"

namespace holdfast::os {
namespace {

std::vector<SurveyedLock> survey_of(TestLock& lock, Strangers strangers) {
  std::vector<SurveyedLock> all = survey_all_locks(strangers).locks;
  const std::string directory = "project-" + lock.home().project;
  std::erase_if(all, [&](const SurveyedLock& one) { return one.scope_directory != directory; });
  return all;
}

TEST(LockSurvey, ShowsHoldersAndWaitersInOrderAndNothingThatIsNotInUse) {
  TestLock lock;
  LockRequest unused = lock.request("unused");
  LockRequest holder = lock.request("gpu:2/2");
  ASSERT_TRUE(takes(holder));
  holder.sign(party_named("holder"));
  std::vector<LockRequest> waiters;
  for (const char* name : {"first", "second"}) {
    waiters.push_back(lock.request("gpu:1/2"));
    ASSERT_FALSE(takes(waiters.back()));
    waiters.back().sign_waiting(party_named(name));
  }
  const std::vector<SurveyedLock> seen = survey_of(lock, Strangers::leave_out);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].name, "gpu");
  EXPECT_EQ(seen[0].scope, LockScope::project);
  ASSERT_EQ(seen[0].holders.size(), 1U);
  EXPECT_EQ(seen[0].holders[0].test, "holder");
  EXPECT_EQ(seen[0].holders[0].slots, (std::vector<unsigned>{0, 1}));
  EXPECT_EQ(seen[0].holders[0].size, 2U);
  ASSERT_EQ(seen[0].waiters.size(), 2U);
  EXPECT_EQ(seen[0].waiters[0].test, "first");
  EXPECT_EQ(seen[0].waiters[1].test, "second");
  EXPECT_EQ(seen[0].tickets, 2U);
  EXPECT_EQ(waiters[1].ahead(), 1U);
}

TEST(LockSurvey, AWaiterThatHasTheLockWaitsNoLonger) {
  TestLock lock;
  Holder holder(lock);
  LockRequest waiter = lock.request();
  ASSERT_FALSE(takes(waiter));
  waiter.sign_waiting(party_named("waiter"));
  ASSERT_TRUE(waiter.start_waiting());
  holder.let_go();
  ASSERT_TRUE(readable(waiter.ready_fd()));
  ASSERT_TRUE(*waiter.finish_waiting());
  waiter.sign(party_named("waiter"));
  const std::vector<SurveyedLock> seen = survey_of(lock, Strangers::leave_out);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].holders.size(), 1U);
  EXPECT_TRUE(seen[0].waiters.empty());
  EXPECT_EQ(seen[0].tickets, 0U);
}

TEST(LockSurvey, AnAttemptHasALockIfItsRecordSaysSoOrCannotBeRead) {
  TestLock lock;
  const LockSpec spec = *parse_lock_spec("db");
  const auto has = [&](const std::string& attempt, const std::string& level = {}) {
    return is_held_by(attempt, spec, lock.home(), level);
  };
  EXPECT_FALSE(has("r.1")) << "there is no file";
  {
    LockRequest holder = lock.request();
    ASSERT_TRUE(takes(holder));
    LockParty party = party_named("holder");
    party.attempt = "r.1";
    holder.sign(party);
    EXPECT_TRUE(has("r.1"));
    EXPECT_FALSE(has("r.2"));
    EXPECT_FALSE(has("r.1", "r.1")) << "it is not below itself";
    LockRequest inside = lock.request("db", {"r.1", {}});
    ASSERT_TRUE(takes(inside));
    party.attempt = "r.2";
    inside.sign(party);
    EXPECT_TRUE(has("r.2", "r.1"));
    EXPECT_FALSE(has("r.2"));
  }
  EXPECT_FALSE(has("r.1"));
  {
    LockRequest holder = lock.request();
    ASSERT_TRUE(takes(holder));
    holder.sign(party_named("outside an attempt"));
    EXPECT_TRUE(has("r.1"));
  }
  // Somebody has begun to sign.
  const UniqueFd file(::open(lock.file().c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::ftruncate(file.get(), 0), 0);
  ASSERT_TRUE(try_byte_lock(file.get(), ByteLock::exclusive, {0, k_party_size}));
  EXPECT_TRUE(has("r.1"));
  release_byte_lock(file.get(), {0, k_party_size});
  EXPECT_FALSE(has("r.1"));
  ASSERT_TRUE(std::filesystem::remove(lock.file()));
  ASSERT_TRUE(std::filesystem::create_directory(lock.file()));
  EXPECT_TRUE(has("r.1")) << "it cannot be looked at";
}

TEST(LockSurvey, WhoHoldsTheFileByFlockIsNamed) {
  TestLock lock;
  lock.request();
  const pid_t script = ::fork();
  if (script == 0) {
    ::execlp("flock", "flock", "-x", lock.file().c_str(), "sleep", "60", nullptr);
    ::_exit(127);
  }
  EXPECT_TRUE(becomes_true([&] {
    std::vector<UniqueFd> files;
    files.emplace_back(::open(lock.file().c_str(), O_RDWR | O_CLOEXEC));
    return find_flock_holders(files, FlockSearch::thorough).size() == 1 && lock.file_is_locked();
  }));
  const std::vector<SurveyedLock> seen = survey_of(lock, Strangers::look_for);
  ASSERT_EQ(seen.size(), 1U);
  ASSERT_EQ(seen[0].strangers.size(), 1U);
  EXPECT_EQ(seen[0].strangers[0].pid, script);
  // The process that took it is dead. Its child is found by its open files.
  std::vector<UniqueFd> files;
  files.emplace_back(::open(lock.file().c_str(), O_RDWR | O_CLOEXEC));
  std::vector<FlockHolder> heirs;
  EXPECT_TRUE(becomes_true([&] {
    const Result<std::string> children = read_file("/proc/" + std::to_string(script) + "/task/" +
                                                   std::to_string(script) + "/children");
    return children && !children->empty();
  }));
  ::kill(script, SIGKILL);
  ::waitpid(script, nullptr, 0);
  EXPECT_TRUE(becomes_true([&] {
    heirs = find_flock_holders(files, FlockSearch::thorough);
    return heirs.size() == 1 && heirs[0].command == "sleep 60";
  }));
  for (const FlockHolder& heir : heirs) ::kill(heir.pid, SIGKILL);
  EXPECT_TRUE(becomes_true([&] { return !lock.file_is_locked(); }));
}

TEST(LockSurvey, WhoHoldsASlotByFlockIsNamed) {
  TestLock lock;
  {
    LockRequest both = lock.request("gpu:2/2");
    ASSERT_TRUE(takes(both));
  }
  Channel told;
  const Child script([&] {
    const std::string slot = lock.directory() + "/gpu/slot.1";
    const UniqueFd file(::open(slot.c_str(), O_RDWR | O_CLOEXEC));
    told.say(::flock(file.get(), LOCK_EX | LOCK_NB) == 0 ? "has it" : "refused");
    while (true) ::pause();
    return 0;
  });
  ASSERT_EQ(told.hear(), "has it");
  const std::vector<SurveyedLock> seen = survey_of(lock, Strangers::look_for);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].name, "gpu");
  ASSERT_EQ(seen[0].strangers.size(), 1U);
  EXPECT_EQ(seen[0].strangers[0].pid, script.pid());
}

TEST(LockSurvey, OnlyTheRecordsOfOneProcessAreBlanked) {
  const TestLock lock;
  std::vector<LockRequest> holders;
  for (const char* const test : {"gone", "other process", "other namespace"}) {
    holders.push_back(lock.request("db:shared"));
    ASSERT_TRUE(takes(holders.back()));
    LockParty party = party_named(test);
    party.boot = numbering_id();
    if (party.test == "other process") ++party.process.start;
    if (party.test == "other namespace") party.boot += "/pid:[7]";
    holders.back().sign(party);
  }
  erase(holders[1].descriptors().front(), RecordList::holders, own_name());
  std::vector<std::string> left;
  for (const LockParty& party : holders[1].signatories()) left.push_back(party.test);
  EXPECT_EQ(left, (std::vector<std::string>{"other process", "other namespace"}));
}

TEST(LockSurvey, SaysBelowWhichAttemptALockIsAndOfWhichScope) {
  TestLock lock;
  lock.home().tree = "/" + lock.home().project;
  LockRequest inside = lock.request("db", {"r/1", {}});
  LockRequest of_tree = lock.request("db@build");
  ASSERT_TRUE(takes(inside) && takes(of_tree));
  inside.sign(party_named("inside"));
  of_tree.sign(party_named("of the tree"));
  const std::vector<SurveyedLock> seen = survey_of(lock, Strangers::leave_out);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].name, "db");
  EXPECT_EQ(seen[0].below, "r/1");
  std::vector<SurveyedLock> all = survey_all_locks(Strangers::leave_out).locks;
  const std::string directory = scope_directory(LockScope::build, lock.home());
  std::erase_if(all, [&](const SurveyedLock& one) { return one.scope_directory != directory; });
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].scope, LockScope::build);
  EXPECT_EQ(all[0].below, "");
  ASSERT_EQ(all[0].holders.size(), 1U);
  EXPECT_EQ(all[0].holders[0].test, "of the tree");
}

// Of another user, because a test of `holdfast doctor` may run at the same time, and would tell of
// such a lock of this user.
class LockSurveyOfAnotherUser : public UserDirectory {};

TEST_F(LockSurveyOfAnotherUser, WhatCannotBeLookedAtIsSaid) {
  const auto look = [] {
    const TestLock lock;
    lock.request();
    if (!std::filesystem::remove(lock.file())) return 1;
    if (!std::filesystem::create_directory(lock.file())) return 2;
    const std::vector<Error> unseen = survey_all_locks(Strangers::leave_out).unseen;
    const std::string expected = "look at " + lock.directory() + "/db: Is a directory";
    return std::ranges::count(unseen, expected, &Error::message) == 1 ? 0 : 3;
  };
  EXPECT_EQ(as_user(look), 0);
}

// A cleared environment hides the attempts around a waiter.
TEST(LockSurvey, AWaiterBelowAHolderIsInsideItsAttempt) {
  const Child child([] {
    while (true) ::pause();
    return 0;
  });
  const auto party = [](const ProcessName& process, const std::string& attempt) {
    LockParty one = party_named(attempt);
    one.process = process;
    one.boot = numbering_id();
    one.attempt = attempt;
    return one;
  };
  const ProcessName below{child.pid(), read_process_stat(child.pid())->start};
  LockParty elsewhere = party(own_name(), "elsewhere");
  elsewhere.boot += "/pid:[7]";
  LockParty waiter_elsewhere = party(below, "");
  waiter_elsewhere.boot += "/pid:[7]";
  ProcessName reused = own_name();
  ++reused.start;
  std::vector<LockUse> uses(2);
  uses[0].holders = {party(own_name(), "r.1"), party(own_name(), "r.1"), party(own_name(), ""),
                     party(below, "r.2"),      party(reused, "r.3"),     elsewhere};
  uses[1].waiters = {party(below, ""), waiter_elsewhere};
  add_ancestors(uses);
  EXPECT_EQ(uses[1].waiters[0].around, std::vector<std::string>{"r.1"});
  EXPECT_TRUE(uses[1].waiters[1].around.empty());
}

}  // namespace
}  // namespace holdfast::os
