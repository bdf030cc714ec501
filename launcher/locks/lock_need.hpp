// The locks of an attempt, those over machines among them: one need, because all locks are taken in
// one order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attempt/grant.hpp"
#include "attempt/need.hpp"
#include "locks/lock_taking.hpp"
#include "values/held_locks.hpp"

namespace holdfast::supervision {

class LockNeed final : public Need {
 public:
  std::optional<AttemptResult> acquire(TestAtHand& test) override;
  std::optional<AttemptResult> confirm(const TestAtHand& test) override;
  void tell(const TestAtHand& test, TestEnvironment& told, AttemptPlan& plan) override;
  void judge(const TestAtHand& test, AttemptResult& result) override;
  void release(TestAtHand& test, AttemptResult& result) override;
  void end(TestAtHand& test, const AttemptResult& last) override;
  void add_descriptors(std::vector<int>& kept) const override;
  void let_go() override;

  // Only locks over machines can be lost while they are held.
  Result<void> begin_watch() override { return locks_.cluster.begin_watch(); }
  void join(os::Wait& wait) override { locks_.cluster.join(wait); }
  News look(const os::Wait& wait) override { return locks_.cluster.look(wait); }
  bool is_lost_now() override { return locks_.cluster.is_lost_now(); }
  Milliseconds time_left() const override { return locks_.cluster.time_left(); }
  void end_watch() override { locks_.cluster.end_watch(); }

 private:
  std::optional<HeldLocks> above_;  // what ancestors hold
  TakenLocks locks_;
};

// Returns the result if `locks` were not taken, for whatever reason. `name`: the name of the test.
AttemptResult without_locks(const TakenLocks& locks, const std::string& name);
// Returns the result if the lease of `locks` ended while the attempt waited for something else.
AttemptResult lost_before_start(TakenLocks& locks, const std::string& name);
// To be called after end_watch(), when the test is over. If the lease of its locks over machines
// was lost, that becomes the result of the attempt. A test that has ended by itself before the
// lease was over had its lock to the end.
void notice_lost_lease(const ClusterLocks& locks, const std::string& name, AttemptResult& result);

}  // namespace holdfast::supervision
