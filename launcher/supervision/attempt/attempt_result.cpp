#include "supervision/attempt/attempt_result.hpp"

#include <signal.h>
#include <sys/wait.h>

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

}  // namespace

AttemptResult result_of(const SeenAttempt& seen) {
  AttemptResult result;
  result.report = seen.report;
  result.wall_us = seen.wall_us;
  Observation& observation = result.observation;
  observation.end_reason = seen.state.reason;
  observation.end_signal = seen.state.end_signal;
  // The guard was killed from outside. The test was ended for that, and nobody knows how it would
  // have ended. If the tree was being ended anyway, that reason stays.
  observation.own_failure = seen.guard_lost && seen.state.reason == EndReason::none;
  if (observation.own_failure) result.note = "the guard was killed";
  observation.main = end_of_main(seen.report);
  result.pressed = seen.state.pressed;
  // The person who pressed the key wanted the test to end. If the test does something else instead,
  // that is its own affair.
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
  AttemptResult result;
  result.observation.own_failure = true;
  result.note = to_text(error);
  result.outcome = outcome_of(result.observation);
  return result;
}

AttemptResult not_begun(std::string note, int signal) {
  AttemptResult result;
  result.observation.end_reason = EndReason::signal;
  result.observation.end_signal = signal;
  result.outcome = outcome_of(result.observation);
  result.note = std::move(note);
  return result;
}

AttemptResult refused(std::string note) {
  AttemptResult result;
  result.observation.lock_refused = true;
  result.outcome = outcome_of(result.observation);
  result.note = std::move(note);
  return result;
}

AttemptResult without_locks(const TakenLocks& locks, const std::string& name) {
  AttemptResult result;
  const std::string note = "\"" + name + "\": " + locks.trouble;
  if (locks.end == TakenLocks::End::interrupted) {
    result = not_begun(note, locks.signal != 0 ? locks.signal : SIGTERM);
  } else {
    result.observation.lock_not_had = locks.end == TakenLocks::End::not_in_time;
    result.observation.lock_refused = locks.end == TakenLocks::End::refused;
    result.outcome = outcome_of(result.observation);
    result.note = note;
  }
  result.lock_wait = locks.waited;
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

}  // namespace holdfast::supervision
