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

}  // namespace

AttemptResult result_without_attempt(const Observation& seen, std::string note) {
  AttemptResult result;
  result.observation = seen;
  result.outcome = outcome_of(seen);
  result.note = std::move(note);
  return result;
}

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

std::int64_t AttemptClock::wall_us() const {
  const std::int64_t until = ended_us_ != 0 ? ended_us_ : os::monotonic_now_us();
  const std::int64_t paused_us = std::chrono::microseconds(stopped_).count();
  return std::max<std::int64_t>(0, until - started_us_ - paused_us);
}

}  // namespace holdfast::supervision
