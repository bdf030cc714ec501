#include "attempt/records.hpp"

#include <sys/wait.h>

#include <algorithm>

#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"

namespace holdfast::supervision {
namespace {

// A record names at most this many orphan markers. The note gives the number of all.
constexpr std::size_t k_most_orphans = 16;

// 0: not measured.
std::optional<std::int64_t> known(std::int64_t measured) {
  return measured == 0 ? std::nullopt : std::optional(measured);
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
      observation.main.died_of(result.pressed)) {
    observation.end_reason = EndReason::signal;
    observation.end_signal = result.pressed;
  }
  observation.leaked = seen.report.leftovers > 0 && !seen.report.kept;
  observation.leak_fails = seen.on_leak == OnLeak::fail;
  result.outcome = outcome_of(observation);
  return result;
}

AttemptResult own_failure(const Error& error) {
  return result_without_attempt({.own_failure = true}, to_text(error));
}

AttemptResult not_begun(std::string note, int signal) {
  return result_without_attempt({.end_reason = EndReason::signal, .end_signal = signal},
                                std::move(note));
}

AttemptResult refused(std::string note) {
  return result_without_attempt({.lock_refused = true}, std::move(note));
}

std::int64_t AttemptClock::wall_us() const {
  const std::int64_t until = ended_us_ != 0 ? ended_us_ : os::monotonic_now_us();
  const std::int64_t paused_us = std::chrono::microseconds(stopped_).count();
  return std::max<std::int64_t>(0, until - started_us_ - paused_us);
}

std::vector<Leftover> leftovers_in(const GuardReport& report) {
  std::vector<Leftover> leftovers;
  const auto& listed = report.leftover_list;
  for (std::size_t i = 0; i < std::min<std::size_t>(report.leftovers, listed.size()); ++i) {
    leftovers.push_back({listed[i].pid, listed[i].name.data()});
  }
  return leftovers;
}

bool AttemptResult::is_cut_short() const {
  return observation.end_reason != EndReason::none || observation.own_failure ||
         observation.main.kind == ProcessEnd::Kind::signalled;
}

ProcessEnd end_by_status(int status) {
  if (WIFSIGNALED(status)) return {ProcessEnd::Kind::signalled, WTERMSIG(status)};
  return {ProcessEnd::Kind::exited, WEXITSTATUS(status)};
}

ProcessEnd end_of_main(const GuardReport& report) {
  if (report.main_reaped) return end_by_status(report.main_status);
  return {ProcessEnd::Kind::never_started, report.exec_error};
}

void add_clause(std::string& text, std::string_view more) {
  if (!text.empty() && !more.empty()) text += "; ";
  text += more;
}

double seconds(std::int64_t microseconds) {
  return in_seconds(std::chrono::microseconds(microseconds));
}

Result<void> record_start(const AttemptIdentity& identity, const std::vector<LockSpec>& locks,
                          const TestSchedule& schedule) {
  if (identity.journal.empty()) return {};
  AttemptStarted record{.at = os::unix_now(),
                        .attempt = identity.attempt,
                        .test = identity.test,
                        .key = identity.key,
                        .n = identity.n,
                        .launcher = identity.launcher,
                        .cwd = os::working_directory(),
                        .locks = collected(locks, [](const auto& lock) { return to_text(lock); }),
                        .schedule = schedule};
  return os::append_line(identity.journal, line_of(record));
}

Result<void> record_end(const AttemptIdentity& identity, const AttemptResult& result) {
  if (identity.journal.empty()) return {};
  const GuardReport& report = result.report;
  std::vector<OrphanMarker> orphans = result.orphans;
  orphans.resize(std::min(orphans.size(), k_most_orphans));
  AttemptEnded record{
      .at = os::unix_now(),
      .attempt = identity.attempt,
      .test = identity.test,
      .key = identity.key,
      .n = identity.n,
      .outcome = result.outcome,
      .exit_code = result.observation.main.exit_code(),
      .signal = result.observation.main.signal(),
      .wall_s = seconds(result.wall_us),
      .user_s = seconds(report.user_us),
      .sys_s = seconds(report.system_us),
      .max_rss_kb = report.max_rss_kb,
      .memory_peak_kb = known(report.memory_peak_kb),
      .lock_wait_s = in_seconds(result.lock_wait),
      .service_wait_s = in_seconds(result.service_wait),
      .slurm_wait_s = in_seconds(result.slurm_wait),
      .node = result.node,
      .lent_s = seconds(result.lent_us),
      .services = result.services,
      // Leftovers that were let go are not recorded.
      .leftovers = result.observation.leaked ? leftovers_in(report) : std::vector<Leftover>(),
      .scratch = result.scratch,
      .marker = result.marker,
      .orphan_markers = std::move(orphans),
      .verdict = named<Verdict>(result.verdict),
      .retry = result.retry,
      .log = result.log,
      .forensics = result.forensics,
      .note = result.note};
  if (result.observation.leaked) record.flags.emplace_back("leaked");
  if (result.is_flaky) record.flags.emplace_back("flaky");
  if (!result.lost_services.empty()) record.flags.emplace_back("service_lost");
  add_clause(record.note, result.remark);
  add_clause(record.note, result.older_fixtures);
  return os::append_line(identity.journal, line_of(record));
}

Result<void> record_bare(const std::string& journal, const std::string& test,
                         const std::string& key, std::string_view why, MaySkip may_skip) {
  if (journal.empty()) return {};
  const Bare record{.at = os::unix_now(),
                    .test = test,
                    .key = key,
                    .why = std::string(why),
                    .may_be_skipped = may_skip == MaySkip::yes};
  return os::append_line(journal, line_of(record));
}

}  // namespace holdfast::supervision
