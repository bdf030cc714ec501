#include "supervision/attempt/attempt_result.hpp"

#include <sys/wait.h>
#include <algorithm>

namespace holdfast::supervision {
namespace {

ProcessEnd end_of_main(const GuardReport& report) {
  if (report.exec_error != 0) return {ProcessEnd::Kind::never_started, report.exec_error};
  if (WIFSIGNALED(report.main_status)) {
    return {ProcessEnd::Kind::signalled, WTERMSIG(report.main_status)};
  }
  if (report.main_reaped) return {ProcessEnd::Kind::exited, WEXITSTATUS(report.main_status)};
  return {};
}

AttemptResult result_without_attempt(const Observation& observation, std::string note) {
  AttemptResult result;
  result.observation = observation;
  result.outcome = outcome_of(observation);
  result.note = std::move(note);
  return result;
}

}  // namespace

AttemptResult result_of(const SeenAttempt& seen) {
  AttemptResult result;
  result.report = seen.report;
  result.wall_us = seen.wall_us;
  Observation& observation = result.observation;
  observation.end_reason = seen.state.reason;
  observation.end_signal = seen.state.end_signal;
  // If the guard was killed from outside, we ended the test for that reason, and nobody knows how
  // the test would have ended. If the tree was already being ended, the earlier reason counts.
  observation.own_failure = seen.guard_lost && seen.state.reason == EndReason::none;
  if (observation.own_failure) {
    result.note = "the guard was killed";
    // From such a namespace the test cannot see the guard.
    if (!seen.in_pidns) {
      result.note +=
          ": if the test did it, as the parent of an orphan, containment = \"pidns\" helps";
    }
  }
  observation.main = end_of_main(seen.report);
  result.pressed = seen.state.pressed;
  // Whoever pressed the key wanted the test to end. So if the test died of the key's signal, the
  // key is the reason for the end.
  if (observation.end_reason == EndReason::none && result.pressed != 0 &&
      observation.main.kind == ProcessEnd::Kind::signalled &&
      observation.main.code == result.pressed) {
    observation.end_reason = EndReason::signal;
    observation.end_signal = result.pressed;
  }
  observation.leaked = seen.report.leftovers > 0 && !seen.report.kept;
  observation.leak_fails = seen.on_leak == OnLeak::fail;
  result.outcome = outcome_of(observation);
  return result;
}

AttemptResult own_failure(const Error& error) {
  Observation seen;
  seen.own_failure = true;
  return result_without_attempt(seen, to_text(error));
}

AttemptResult not_begun(std::string note, int signal) {
  Observation seen;
  seen.end_reason = EndReason::signal;
  seen.end_signal = signal;
  return result_without_attempt(seen, std::move(note));
}

AttemptResult refused(std::string note) {
  Observation seen;
  seen.lock_refused = true;
  return result_without_attempt(seen, std::move(note));
}

AttemptResult without_locks(const TakenLocks& locks, const std::string& name) {
  Observation seen;
  seen.lock_not_had = locks.end == TakenLocks::End::not_in_time;
  seen.lock_refused = locks.end == TakenLocks::End::refused;
  const std::string note = "\"" + name + "\": " + locks.trouble;
  if (locks.end == TakenLocks::End::lost) seen.end_reason = EndReason::lock_lost;
  AttemptResult result = locks.end == TakenLocks::End::interrupted
                             ? not_begun(note, locks.signal != 0 ? locks.signal : SIGTERM)
                             : result_without_attempt(seen, note);
  result.lock_wait = locks.waited;
  return result;
}

AttemptResult lost_before_start(TakenLocks& locks, const HadServices& services,
                                const std::string& name) {
  locks.end = TakenLocks::End::lost;
  locks.trouble = "lost its lock " + to_text(locks.cluster.held().front().spec) +
                  " before it began: " + locks.cluster.why_lost();
  AttemptResult result = without_locks(locks, name);
  result.service_wait = services.waited;
  return result;
}

AttemptResult without_services(const HadServices& services, const std::string& name) {
  const std::string note = "\"" + name + "\": " + services.why;
  Observation seen;
  seen.service_not_had = true;
  AttemptResult result = services.end == HadServices::End::interrupted
                             ? not_begun(note, services.signal != 0 ? services.signal : SIGTERM)
                             : result_without_attempt(seen, note);
  result.service_wait = services.waited;
  return result;
}

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

std::int64_t AttemptClock::wall_us() const {
  const std::int64_t until = ended_us_ != 0 ? ended_us_ : os::monotonic_now_us();
  const std::int64_t paused_us = std::chrono::microseconds(stopped_).count();
  return std::max<std::int64_t>(0, until - started_us_ - paused_us);
}

}  // namespace holdfast::supervision
