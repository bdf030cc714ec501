#include "supervision/base/records.hpp"

#include <sys/wait.h>

#include <algorithm>

#include "core/base/json_line.hpp"
#include "os/file/clock.hpp"
#include "os/file/file_text.hpp"

namespace holdfast::supervision {
namespace {

JsonLine begin(std::string_view type, const AttemptIdentity& identity) {
  JsonLine line(type, os::unix_now_ms());
  line.text("attempt", identity.attempt).text("test", identity.test).text("key", identity.key);
  line.number("n", identity.n);
  return line;
}

std::string lock_list(const std::vector<LockSpec>& locks) {
  std::string list = "[";
  for (const LockSpec& lock : locks) {
    if (list.size() > 1) list += ',';
    append_json_string(list, to_text(lock));
  }
  return list + "]";
}

std::string process_list(const std::array<ListedProcess, k_most_listed>& processes,
                         unsigned count) {
  std::string list = "[";
  for (std::size_t i = 0; i < std::min<std::size_t>(count, processes.size()); ++i) {
    if (i > 0) list += ',';
    list += R"({"pid":)" + std::to_string(processes[i].pid) + R"(,"name":)";
    append_json_string(list, processes[i].name.data());
    list += '}';
  }
  return list + "]";
}

// This many are worth a line; the note gives the number of all.
constexpr std::size_t k_most_orphans = 16;

std::string orphan_list(const std::vector<OrphanMarker>& orphans) {
  std::string list = "[";
  for (std::size_t i = 0; i < std::min(orphans.size(), k_most_orphans); ++i) {
    if (i > 0) list += ',';
    list += R"({"file":)";
    append_json_string(list, orphans[i].file);
    list += R"(,"why":)";
    append_json_string(list, orphans[i].why);
    list += '}';
  }
  return list + "]";
}

void add_markers(JsonLine& line, const AttemptResult& result) {
  if (result.marker) {
    std::string reason;
    append_json_string(reason, *result.marker);
    line.raw("marker", R"({"reason":)" + reason + "}");
  }
  if (!result.orphans.empty()) line.raw("orphan_markers", orphan_list(result.orphans));
}

void add_note(JsonLine& line, const AttemptResult& result) {
  std::string note = result.note;
  if (!note.empty() && !result.remark.empty()) note += "; ";
  note += result.remark;
  if (!note.empty()) line.text("note", note);
}

void add_flags(JsonLine& line, const AttemptResult& result) {
  std::vector<std::string_view> flags = result.flags;
  if (result.observation.leaked) flags.insert(flags.begin(), "leaked");
  if (flags.empty()) return;
  std::string list = "[";
  for (const std::string_view flag : flags) {
    if (list.size() > 1) list += ',';
    append_json_string(list, flag);
  }
  line.raw("flags", list + "]");
}

}  // namespace

bool AttemptResult::is_cut_short() const {
  return observation.end_reason != EndReason::none || observation.own_failure ||
         observation.main.kind == ProcessEnd::Kind::signalled;
}

void add_end_of_main(JsonLine& line, const GuardReport& report) {
  if (!report.main_reaped) return;
  if (WIFSIGNALED(report.main_status)) {
    line.number("signal", WTERMSIG(report.main_status));
  } else {
    line.number("exit_code", WEXITSTATUS(report.main_status));
  }
}

Result<void> record_start(const AttemptIdentity& identity, const std::vector<LockSpec>& locks) {
  if (identity.journal.empty()) return {};
  JsonLine line = begin("attempt_started", identity);
  line.raw("launcher", R"({"pid":)" + std::to_string(identity.launcher.pid) + R"(,"start":)" +
                           std::to_string(identity.launcher.start) + "}");
  if (!locks.empty()) line.raw("locks", lock_list(locks));
  return os::append_line(identity.journal, std::move(line).finish());
}

Result<void> record_end(const AttemptIdentity& identity, const AttemptResult& result) {
  if (identity.journal.empty()) return {};
  const GuardReport& report = result.report;
  JsonLine line = begin("attempt_ended", identity);
  line.text("outcome", name_of(result.outcome));
  add_end_of_main(line, report);
  line.seconds("wall_s", result.wall_us);
  line.seconds("user_s", report.user_us);
  line.seconds("sys_s", report.system_us);
  line.number("max_rss_kb", report.max_rss_kb);
  if (report.memory_peak_kb > 0) line.number("memory_peak_kb", report.memory_peak_kb);
  line.seconds("lock_wait_s", result.lock_wait.count() * 1000);
  add_flags(line, result);
  if (result.observation.leaked) {
    line.raw("leftovers", process_list(report.leftover_list, report.leftovers));
  }
  if (!result.scratch.empty()) line.text("scratch", result.scratch);
  add_markers(line, result);
  if (!result.verdict.empty()) line.text("verdict", result.verdict);
  if (!result.retry.empty()) line.text("retry", result.retry);
  if (!result.log.empty()) line.text("log", result.log);
  if (!result.forensics.empty()) line.raw("forensics", result.forensics);
  add_note(line, result);
  return os::append_line(identity.journal, std::move(line).finish());
}

Result<void> record_bare(const std::string& journal, const std::string& test,
                         const std::string& key, std::string_view why, MaySkip may_skip) {
  if (journal.empty()) return {};
  JsonLine line("bare", os::unix_now_ms());
  line.text("test", test).text("key", key).text("why", why);
  if (may_skip == MaySkip::no) line.raw("may_be_skipped", "false");
  return os::append_line(journal, std::move(line).finish());
}

}  // namespace holdfast::supervision
