#include "locks/lock_need.hpp"

#include <cstdlib>
#include <span>

#include "attempt/records.hpp"
#include "os/log/log.hpp"

namespace holdfast::supervision {
namespace {

// Where connections for holdfast-etcd are sent: to ctest's keeper, which passes them on, or for a
// command to holdfast-etcd itself.
int cluster_door(const HandOver& held) {
  return held.cluster.valid() ? held.cluster.get() : held.keeper.fd();
}

// Whether others may have had a lock of the attempt, for whatever reason we know that.
bool has_lost_lock(const Observation& seen) {
  return seen.lock_lost || seen.end_reason == EndReason::lock_lost;
}

// The locks of the ports are the last ones.
void tell_ports(const TakenLocks& locks, std::size_t ports_count, TestEnvironment& told) {
  const auto ports = std::span(locks.held).last(ports_count);
  const auto number_of = [](const os::LockRequest& lock) { return port_in_text(lock.spec()); };
  told.set(environment::k_port, number_of(ports.front()));
  told.set(environment::k_ports, separated(ports, ";", number_of));
}

// Runs inside the test may take its locks over machines below it. Other tests have no use for the
// password, and many print their environment.
void pass_on_password(const ClusterLocks& locks, TestEnvironment& told) {
  if (!locks.is_connected()) return;
  const char* const password = ::getenv(environment::k_cluster_password.data());
  if (password != nullptr) told.set(environment::k_cluster_password, password);
}

// To be called when the test is over and its locks are still held. If the file of a lock was
// removed while the attempt had the lock, that becomes the result of the attempt.
void notice_lost_locks(const std::vector<os::LockRequest>& locks, const std::string& name,
                       AttemptResult& result) {
  for (const os::LockRequest& lock : locks) {
    if (!lock.is_lost()) continue;
    result.observation.lock_lost = true;
    result.outcome = outcome_of(result.observation);
    result.note = "\"" + name + "\": the file of its lock " + to_text(lock.spec()) +
                  " was removed while it had it: another may have had it at the same time";
    return;
  }
}

}  // namespace

std::optional<AttemptResult> LockNeed::acquire(TestAtHand& test) {
  above_.emplace(test.invocation.held);
  Teller teller = test.teller();
  locks_ = take_locks(test.grant, *above_, test.around, test.held.keeper, cluster_door(test.held),
                      teller);
  test.lock_wait = locks_.waited;
  if (locks_.end == TakenLocks::End::acquired) return std::nullopt;
  return without_locks(locks_, test.grant.identity.test);
}

std::optional<AttemptResult> LockNeed::confirm(const TestAtHand& test) {
  if (!is_lost_now()) return std::nullopt;
  return lost_before_start(locks_, test.grant.identity.test);
}

void LockNeed::tell(const TestAtHand& test, TestEnvironment& told, AttemptPlan& /*plan*/) {
  if (test.grant.policy.ports > 0) tell_ports(locks_, test.grant.policy.ports, told);
  // For tests inside the test.
  std::vector<std::string> places;
  const auto tell_slots = [&](const LockSpec& spec, const std::vector<unsigned>& slots) {
    places.push_back(held_entry(place_of(spec, test.grant.home), spec, slots));
    if (slots.empty()) return;
    told.set(std::string(environment::k_slot_prefix) + slot_variable(spec.name), to_text(slots));
  };
  for (const os::LockRequest& lock : locks_.held) tell_slots(lock.spec(), lock.slots());
  for (const ClusterLocks::Held& lock : locks_.cluster.held()) {
    tell_slots(lock.spec, lock.slots);
    told.set(std::string(environment::k_fence_prefix) + slot_variable(lock.spec.name), lock.fence);
  }
  // A ctest on the same tree inside this test must not wait for the run that it is part of.
  if (test.invocation.attach) places.push_back(run_place(test.grant.home.tree));
  pass_on_password(locks_.cluster, told);
  const std::string held = above_->with(places, test.grant.identity.attempt);
  if (!held.empty()) told.set(environment::k_held, held);
}

void LockNeed::judge(const TestAtHand& test, AttemptResult& result) {
  notice_lost_locks(locks_.held, test.grant.identity.test, result);
  notice_lost_lease(locks_.cluster, test.grant.identity.test, result);
}

void LockNeed::release(TestAtHand& test, AttemptResult& /*result*/) {
  for (const os::LockRequest& lock : locks_.held) lock.tidy_below(test.grant.identity.attempt);
  if (!locks_.held.empty()) os::log(LogLevel::debug, {"lets its locks go"});
  let_go();
}

// A lost lease is not worth the wait.
void LockNeed::end(TestAtHand& test, const AttemptResult& last) {
  if (!has_lost_lock(last.observation)) wait_for_release(test.held.cluster, test.around);
}

void LockNeed::add_descriptors(std::vector<int>& kept) const {
  for (const os::LockRequest& lock : locks_.held) {
    for (const int held : lock.descriptors()) kept.push_back(held);
  }
  if (locks_.cluster.is_connected()) kept.push_back(locks_.cluster.descriptor());
}

void LockNeed::let_go() {
  locks_.held.clear();
  locks_.cluster.let_go();
}

AttemptResult without_locks(const TakenLocks& locks, const std::string& name) {
  Observation seen;
  seen.lock_not_had = locks.end == TakenLocks::End::not_in_time;
  seen.lock_refused = locks.end == TakenLocks::End::refused;
  if (locks.end == TakenLocks::End::lost) seen.end_reason = EndReason::lock_lost;
  const std::string note = "\"" + name + "\": " + locks.trouble;
  if (locks.end != TakenLocks::End::interrupted) return result_without_attempt(seen, note);
  return not_begun(note, locks.signal != 0 ? locks.signal : SIGTERM);
}

AttemptResult lost_before_start(TakenLocks& locks, const std::string& name) {
  locks.end_as(TakenLocks::End::lost,
               text_of({"lost its lock ", to_text(locks.cluster.held().front().spec),
                        " before it began: ", locks.cluster.why_lost()}));
  return without_locks(locks, name);
}

void notice_lost_lease(const ClusterLocks& locks, const std::string& name, AttemptResult& result) {
  const bool was_ended = result.observation.end_reason == EndReason::lock_lost;
  if (!locks.is_connected() || (!was_ended && !locks.was_over())) return;
  result.observation.lock_lost = true;
  const Outcome outcome = outcome_of(result.observation);
  if (outcome != Outcome::lock_lost) return;
  result.outcome = outcome;
  result.note =
      "\"" + name + "\" lost its lock " + to_text(locks.held().front().spec) + ": " +
      locks.why_lost() +
      (was_ended ? "; its process tree was ended" : ": another may have had it at the same time");
}

}  // namespace holdfast::supervision
