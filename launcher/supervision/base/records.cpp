#include "supervision/base/records.hpp"

#include <sys/wait.h>
#include <algorithm>

#include "core/journal/record_lines.hpp"
#include "os/file/clock.hpp"
#include "os/file/file_text.hpp"
#include "os/file/own_files.hpp"

namespace holdfast::supervision {
namespace {

// A record names at most this many orphan markers. The note gives the number of all.
constexpr std::size_t k_most_orphans = 16;

std::vector<OrphanMarker> worth_a_line(const std::vector<OrphanMarker>& orphans) {
  return {orphans.begin(),
          orphans.begin() + static_cast<std::ptrdiff_t>(std::min(orphans.size(), k_most_orphans))};
}

// 0: not measured.
std::optional<std::int64_t> known(std::int64_t measured) {
  return measured == 0 ? std::nullopt : std::optional(measured);
}

}  // namespace

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

std::optional<int> exit_code_of(const GuardReport& report) {
  if (!report.main_reaped || WIFSIGNALED(report.main_status)) return std::nullopt;
  return WEXITSTATUS(report.main_status);
}

std::optional<int> signal_of(const GuardReport& report) {
  if (!report.main_reaped || !WIFSIGNALED(report.main_status)) return std::nullopt;
  return WTERMSIG(report.main_status);
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
                        .schedule = schedule};
  for (const LockSpec& lock : locks) record.locks.push_back(to_text(lock));
  return os::append_line(identity.journal, line_of(record));
}

Result<void> record_end(const AttemptIdentity& identity, const AttemptResult& result) {
  if (identity.journal.empty()) return {};
  const GuardReport& report = result.report;
  AttemptEnded record{
      .at = os::unix_now(),
      .attempt = identity.attempt,
      .test = identity.test,
      .key = identity.key,
      .n = identity.n,
      .outcome = result.outcome,
      .exit_code = exit_code_of(report),
      .signal = signal_of(report),
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
      .orphan_markers = worth_a_line(result.orphans),
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
