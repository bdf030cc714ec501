// Holders and waiters, as another process sees them.
#include "os/lock/lock_survey.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include "os/file/file_text.hpp"
#include "os/lock/flock_holders.hpp"
#include "test_lock.hpp"

namespace holdfast::os {
namespace {

std::vector<SurveyedLock> survey_of(TestLock& lock, Strangers strangers) {
  std::vector<SurveyedLock> all = survey_locks(strangers);
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

}  // namespace
}  // namespace holdfast::os
