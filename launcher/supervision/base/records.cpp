#include "supervision/base/records.hpp"

#include <sys/wait.h>
#include <algorithm>

#include "os/file/clock.hpp"
#include "os/file/file_text.hpp"
#include "os/file/own_files.hpp"
#include "supervision/base/record_writer.hpp"

namespace holdfast::supervision {
namespace {

// A record names at most this many orphan markers. The note gives the number of all.
constexpr std::size_t k_most_orphans = 16;

written::Orphans worth_a_line(const std::vector<OrphanMarker>& orphans) {
  return written::Orphans(orphans).first(std::min(orphans.size(), k_most_orphans));
}

// Leftovers that were let go are not recorded.
written::Leftovers leaked(const AttemptResult& result) {
  const auto& listed = result.report.leftover_list;
  const std::size_t count = result.observation.leaked ? result.report.leftovers : 0;
  return written::Leftovers(listed).first(std::min(count, listed.size()));
}

}  // namespace

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

Result<void> record_start(const AttemptIdentity& identity, const std::vector<LockSpec>& locks,
                          const TestSchedule& schedule) {
  if (identity.journal.empty()) return {};
  const std::string here = os::working_directory();
  const written::AttemptStarted record{.attempt = identity.attempt,
                                       .test = identity.test,
                                       .key = identity.key,
                                       .n = identity.n,
                                       .launcher = identity.launcher,
                                       .cwd = here,
                                       .locks = locks,
                                       .schedule = {&schedule}};
  return os::append_line(identity.journal, line_of(record, os::unix_now_ms()));
}

Result<void> record_end(const AttemptIdentity& identity, const AttemptResult& result) {
  if (identity.journal.empty()) return {};
  const GuardReport& report = result.report;
  std::array<std::string_view, 3> flags;
  std::size_t count = 0;
  if (result.observation.leaked) flags[count++] = "leaked";
  if (result.is_flaky) flags[count++] = "flaky";
  if (!result.lost_services.empty()) flags[count++] = "service_lost";
  const std::vector<std::string_view> services(result.services.begin(), result.services.end());
  std::string note = result.note;
  add_clause(note, result.remark);
  add_clause(note, result.older_fixtures);
  const written::AttemptEnded record{.attempt = identity.attempt,
                                     .test = identity.test,
                                     .key = identity.key,
                                     .n = identity.n,
                                     .outcome = result.outcome,
                                     .exit_code = exit_code_of(report),
                                     .signal = signal_of(report),
                                     .wall_s = written::Seconds(result.wall_us),
                                     .user_s = written::Seconds(report.user_us),
                                     .sys_s = written::Seconds(report.system_us),
                                     .max_rss_kb = report.max_rss_kb,
                                     .memory_peak_kb = report.memory_peak_kb,
                                     .lock_wait_s = result.lock_wait,
                                     .service_wait_s = result.service_wait,
                                     .slurm_wait_s = result.slurm_wait,
                                     .node = result.node,
                                     .lent_s = written::Seconds(result.lent_us),
                                     .services = services,
                                     .flags = written::Texts(flags).first(count),
                                     .leftovers = leaked(result),
                                     .scratch = result.scratch,
                                     .marker = result.marker,
                                     .orphan_markers = worth_a_line(result.orphans),
                                     .verdict = result.verdict,
                                     .retry = result.retry,
                                     .log = result.log,
                                     .forensics = {result.forensics},
                                     .note = note};
  return os::append_line(identity.journal, line_of(record, os::unix_now_ms()));
}

Result<void> record_bare(const std::string& journal, const std::string& test,
                         const std::string& key, std::string_view why, MaySkip may_skip) {
  if (journal.empty()) return {};
  const written::Bare record{
      .test = test, .key = key, .why = why, .may_be_skipped = may_skip == MaySkip::yes};
  return os::append_line(journal, line_of(record, os::unix_now_ms()));
}

}  // namespace holdfast::supervision
