// Makes the result of an attempt from what was seen, or from the reason why the attempt never
// began.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/outcome/supervision.hpp"
#include "core/settings/policy.hpp"
#include "os/file/clock.hpp"
#include "supervision/base/records.hpp"
#include "supervision/locks/taken_locks.hpp"
#include "supervision/services/service_asking.hpp"

namespace holdfast::supervision {

struct SeenAttempt {
  GuardReport report;
  SupervisionState state;
  bool guard_lost = false;
  OnLeak on_leak = OnLeak::kill;
  std::int64_t wall_us = 0;
  bool in_pidns = false;  // its processes had a PID namespace of their own
};

AttemptResult result_of(const SeenAttempt& seen);

// Returns the result for an attempt in which Holdfast failed to do its part.
AttemptResult own_failure(const Error& error);
// Returns the result if a signal (or ctest's death, as SIGTERM) came before the test was started.
AttemptResult not_begun(std::string note, int signal);
// Returns the result if the attempt's locks can never be taken.
AttemptResult refused(std::string note);
// Returns the result if `locks` were not taken, for whatever reason. `name`: the name of the test.
AttemptResult without_locks(const TakenLocks& locks, const std::string& name);
// Returns the result if the lease of `locks` ended while the attempt waited for something else.
AttemptResult lost_before_start(TakenLocks& locks, const HadServices& services,
                                const std::string& name);
// `services` were not had; `name` is the name of the test.
AttemptResult without_services(const HadServices& services, const std::string& name);

// Whether others may have had a lock of the attempt, for whatever reason we know that.
inline bool has_lost_lock(const Observation& seen) {
  return seen.lock_lost || seen.end_reason == EndReason::lock_lost;
}

// To be called when the test is over and its locks are still held. If the file of a lock was
// removed while the attempt had the lock, that becomes the result of the attempt.
void notice_lost_locks(const std::vector<os::LockRequest>& locks, const std::string& name,
                       AttemptResult& result);
// The same for the lease of locks over machines, after end_watch(). A test that has ended by itself
// before the lease was over had its lock to the end.
void notice_lost_lease(const ClusterLocks& locks, const std::string& name, AttemptResult& result);

// The clock of an attempt, which stands still while the test is paused.
class AttemptClock {
 public:
  void start() { started_us_ = os::monotonic_now_us(); }
  // These functions note the start and the end of one pause, both on the clock of monotonic_now().
  void pause(Milliseconds at) { paused_since_ = at; }
  // The latter returns how long the pause was.
  Milliseconds go_on(Milliseconds at) {
    stopped_ += at - paused_since_;
    return at - paused_since_;
  }
  // Ends the measured time.
  void end() { ended_us_ = os::monotonic_now_us(); }

  Milliseconds started() const { return Milliseconds{started_us_ / 1000}; }
  // Returns when the attempt will have run for `time`, if it is not paused again.
  Milliseconds after(Milliseconds time) const { return started() + stopped_ + time; }
  // Returns the time from start to end (or now) without the pauses, in microseconds.
  std::int64_t wall_us() const;

 private:
  Milliseconds stopped_{0};
  Milliseconds paused_since_{0};
  std::int64_t started_us_ = 0;
  std::int64_t ended_us_ = 0;
};

}  // namespace holdfast::supervision
