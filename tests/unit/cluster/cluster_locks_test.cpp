// Watches a lease that this test writes, with the real clock: what is told is far from now.
#include "cluster/cluster_locks.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <utility>
#include <vector>

#include "attempt/records.hpp"
#include "cluster/cluster_wire.hpp"
#include "locks/lock_need.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::supervision {
namespace {

using namespace std::chrono_literals;
using News = ClusterLocks::News;

constexpr Milliseconds k_grace{10'000};
constexpr Milliseconds k_patience{20'000};

// An attempt with a lock, and the far end of its connection.
struct HeldLock {
  HeldLock() {
    far = std::move(*locks.connect(k_grace));
    locks.add({*parse_lock_spec("db@cluster"), "7", {}});
    lease.emplace(std::move(*os::SharedLease::of(os::UniqueFd(::dup(locks.memory())))));
    holds_for(60s);
    EXPECT_TRUE(locks.begin_watch());
  }
  void holds_for(Milliseconds time) { lease->set_until_ms((os::time_since_boot() + time).count()); }
  // After a look that does not wait.
  News look() {
    os::Wait wait({}, Milliseconds{0});
    locks.join(wait);
    wait.go();
    return locks.look(wait);
  }

  ClusterLocks locks;
  os::UniqueFd far;
  std::optional<os::SharedLease> lease;
};

// True: the clock of the locks wakes a wait.
bool wakes(ClusterLocks& locks) {
  os::Wait wait({}, os::monotonic_now() + k_patience);
  locks.join(wait);
  return wait.go() > 0;
}

TEST(ClusterLocks, SayHowLongTheTestMayRun) {
  EXPECT_EQ(ClusterLocks().time_left(), k_longest);
  HeldLock held;
  held.holds_for(60s);
  EXPECT_LE(held.locks.time_left(), 59'500ms);
  EXPECT_GT(held.locks.time_left(), 40'000ms);
  held.holds_for(400ms);
  EXPECT_LT(held.locks.time_left().count(), 0);
  held.lease->set_until_ms(cluster::k_lease_lost);
  EXPECT_EQ(held.locks.time_left(), 0ms);
  held.locks.let_go();
  EXPECT_EQ(held.locks.time_left(), k_longest);
}

TEST(ClusterLocks, AreLostAGraceAndASecondBeforeTheLeaseEndsAndOverHalfASecondBefore) {
  HeldLock held;
  EXPECT_EQ(held.look(), News::none);
  EXPECT_FALSE(held.locks.is_lost_now());
  held.holds_for(k_grace + 900ms);
  EXPECT_EQ(held.look(), News::lost);
  EXPECT_EQ(held.look(), News::none);
  held.holds_for(400ms);
  EXPECT_EQ(held.look(), News::over);
  EXPECT_EQ(held.look(), News::none);
}

TEST(ClusterLocks, AreOverAtOnceIfTheLeaseIsKnownToBeGone) {
  HeldLock held;
  held.lease->set_until_ms(cluster::k_lease_lost);
  EXPECT_TRUE(wakes(held.locks));
  EXPECT_EQ(held.look(), News::lost);
  EXPECT_TRUE(wakes(held.locks));
  EXPECT_EQ(held.look(), News::over);
  EXPECT_EQ(held.locks.why_lost(), "etcd has ended its lease");
}

TEST(ClusterLocks, AreLostAnewForTheNextTreeOfTheTestAndStayLost) {
  HeldLock held;
  held.holds_for(k_grace);
  EXPECT_TRUE(held.locks.is_lost_now());
  EXPECT_EQ(held.look(), News::lost);  // to have asked has taken nothing away
  ASSERT_TRUE(held.locks.begin_watch());
  held.holds_for(60s);  // too late
  EXPECT_EQ(held.look(), News::lost);
  EXPECT_TRUE(held.locks.is_lost_now());
}

TEST(ClusterLocks, WakeEachProcessOfTheAttempt) {
  HeldLock held;
  held.holds_for(k_grace);
  EXPECT_EQ(held.look(), News::lost);
  const pid_t child = ::fork();
  if (child == 0) {
    const bool has_begun = bool(held.locks.begin_watch());
    held.holds_for(k_grace + cluster::k_lease_margin + 50ms);
    const Milliseconds begun = os::monotonic_now();
    const bool woke = wakes(held.locks) && os::monotonic_now() - begun < k_grace / 2;
    ::_exit(has_begun && woke ? 0 : 1);
  }
  // This process has had its news, and waits for half a second before the end.
  int status = -1;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    os::Wait wait({}, os::monotonic_now() + 1ms);
    held.locks.join(wait);
    wait.go();
  }
  EXPECT_EQ(status, 0);
}

TEST(ClusterLocks, SayThatTheClientHasEnded) {
  HeldLock held;
  held.far.reset();
  EXPECT_TRUE(wakes(held.locks));
  EXPECT_EQ(held.look(), News::none);  // the lease holds all the same
  held.holds_for(0s);
  EXPECT_EQ(held.look(), News::lost);
  EXPECT_EQ(held.locks.why_lost(), "holdfast-etcd, which renewed its lease, has ended");
}

TEST(ClusterLocks, SayThatTheirLeaseWasNotRenewed) {
  HeldLock held;
  held.holds_for(0s);
  EXPECT_EQ(held.look(), News::lost);
  EXPECT_TRUE(held.locks.why_lost().starts_with("its lease was not renewed in time"))
      << held.locks.why_lost();
}

// What has happened for good would wake its process again and again.
TEST(ClusterLocks, WaitForNothingWhenAllHasHappened) {
  HeldLock held;
  const auto waits_for = [&] {
    os::Wait wait;
    held.locks.join(wait);
    return wait.descriptors().size();
  };
  EXPECT_EQ(waits_for(), 2U);
  held.far.reset();
  EXPECT_EQ(held.look(), News::none);
  EXPECT_EQ(waits_for(), 1U);
  held.holds_for(0s);
  EXPECT_EQ(held.look(), News::lost);
  EXPECT_EQ(held.look(), News::over);
  EXPECT_EQ(waits_for(), 0U);
}

TEST(ClusterLocks, OfTheNextAttemptKnowNothingOfThoseBefore) {
  HeldLock held;
  held.far.reset();
  held.holds_for(0s);
  EXPECT_EQ(held.look(), News::lost);
  EXPECT_EQ(held.look(), News::over);
  held.locks.end_watch();
  EXPECT_TRUE(held.locks.was_over());
  held.far = std::move(*held.locks.connect(k_grace));
  EXPECT_TRUE(held.locks.held().empty());
  EXPECT_FALSE(held.locks.was_over());
  held.lease.emplace(std::move(*os::SharedLease::of(os::UniqueFd(::dup(held.locks.memory())))));
  held.holds_for(60s);
  EXPECT_FALSE(held.locks.is_lost_now());
  EXPECT_EQ(held.look(), News::none);
  held.holds_for(0s);
  EXPECT_EQ(held.look(), News::lost);
  EXPECT_TRUE(held.locks.why_lost().starts_with("its lease was not renewed in time"))
      << held.locks.why_lost();
}

AttemptResult ended_by(EndReason reason) {
  AttemptResult result;
  result.observation.end_reason = reason;
  result.observation.main = {ProcessEnd::Kind::exited, 0};
  result.outcome = outcome_of(result.observation);
  return result;
}

TEST(LostLease, IsNoResultOfATestThatEndedByItselfBeforeTheLeaseWasOver) {
  HeldLock held;
  held.holds_for(k_grace);  // its deadline has passed
  held.locks.end_watch();
  held.holds_for(0s);  // its evidence was worked through meanwhile
  AttemptResult good = ended_by(EndReason::none);
  notice_lost_lease(held.locks, "t", good);
  EXPECT_EQ(good.outcome, Outcome::passed);
  AttemptResult ended = ended_by(EndReason::lock_lost);
  notice_lost_lease(held.locks, "t", ended);
  EXPECT_EQ(ended.outcome, Outcome::lock_lost);
  EXPECT_NE(ended.note.find("; its process tree was ended"), std::string::npos) << ended.note;
}

TEST(LostLease, IsTheResultOfATestThatOutlivedTheLease) {
  HeldLock held;
  held.holds_for(0s);
  held.locks.end_watch();
  AttemptResult late = ended_by(EndReason::none);
  notice_lost_lease(held.locks, "t", late);
  EXPECT_EQ(late.outcome, Outcome::lock_lost);
  EXPECT_NE(late.note.find(": another may have had it"), std::string::npos) << late.note;
}

TEST(LostLease, BeforeTheTestBeginsIsTheResult) {
  HeldLock held;
  held.lease->set_until_ms(cluster::k_key_lost);
  TakenLocks taken;
  taken.cluster = std::move(held.locks);
  const AttemptResult result = lost_before_start(taken, "t");
  EXPECT_EQ(result.outcome, Outcome::lock_lost);
  EXPECT_EQ(
      result.note,
      "\"t\": lost its lock db@cluster before it began: somebody has deleted its key in etcd");
}

TEST(WithoutLocks, AWaitThatWasTooLongIsToldFromOneThatWasCutShort) {
  const auto result = [](TakenLocks::End end, int signal = 0) {
    TakenLocks locks;
    locks.end = end;
    locks.signal = signal;
    locks.trouble = "trouble";
    return without_locks(locks, "t");
  };
  const AttemptResult late = result(TakenLocks::End::not_in_time);
  EXPECT_EQ(late.outcome, Outcome::lock_timeout);
  EXPECT_EQ(late.note, "\"t\": trouble");
  const AttemptResult refused = result(TakenLocks::End::refused);
  EXPECT_EQ(refused.outcome, Outcome::internal_error);
  EXPECT_TRUE(refused.observation.lock_refused);
  EXPECT_FALSE(refused.observation.lock_not_had);
  const AttemptResult interrupted = result(TakenLocks::End::interrupted, SIGINT);
  EXPECT_EQ(interrupted.outcome, Outcome::interrupted);
  EXPECT_EQ(interrupted.observation.end_signal, SIGINT);
  EXPECT_EQ(interrupted.note, "\"t\": trouble");
  // ctest died.
  EXPECT_EQ(result(TakenLocks::End::interrupted).observation.end_signal, SIGTERM);
}

TEST(LostLease, DoesNotHideOurOwnFailure) {
  HeldLock held;
  held.holds_for(0s);
  held.locks.end_watch();
  AttemptResult ours = own_failure(ErrorInWords{"the guard was killed"});
  notice_lost_lease(held.locks, "t", ours);
  EXPECT_EQ(ours.outcome, Outcome::internal_error);
  EXPECT_EQ(ours.note, "the guard was killed");
}

}  // namespace
}  // namespace holdfast::supervision
