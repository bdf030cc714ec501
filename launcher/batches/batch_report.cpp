#include "batches/batch_report.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <algorithm>

#include <cstdio>

#include "base/names.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"
#include "os/file/removal.hpp"

namespace holdfast::exec {
namespace {

// Room for a million cases.
constexpr std::size_t k_longest_part = 64UL * 1024UL * 1024UL;

std::string local_time() {
  const time_t now = os::unix_now_ms() / 1000;
  struct tm parts {};
  char text[32] = "";
  (void)::localtime_r(&now, &parts);
  (void)::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return text;
}

// As GoogleTest does.
void make_directories_of(const std::string& file) {
  for (std::size_t at = file.find('/', 1); at != std::string::npos; at = file.find('/', at + 1)) {
    (void)::mkdir(file.substr(0, at).c_str(), 0777);
  }
}

// The report takes its place only when it is whole.
Result<void> put(const std::string& file, std::string_view text) {
  make_directories_of(file);
  const std::string draft = file + "." + std::to_string(::getpid());
  const os::UniqueFd made(::openat(AT_FDCWD, draft.c_str(),
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!made.valid()) return os::system_error("write " + file);
  if (os::write_all(made.get(), text) && ::rename(draft.c_str(), file.c_str()) == 0) return {};
  Error error = os::system_error("write " + file);
  ::unlink(draft.c_str());
  return error;
}

// The more pages one write has, the less each page costs the kernel.
constexpr std::size_t k_most_collected = 48UL * 1024UL;

}  // namespace

EndedBy who_ended(const supervision::AttemptResult& result) {
  if (result.observation.own_failure) return EndedBy::own_failure;
  switch (result.observation.end_reason) {
    case EndReason::none:
      return EndedBy::itself;
    case EndReason::timeout:
      return result.ended_for_companion ? EndedBy::case_limit : EndedBy::whole_limit;
    case EndReason::signal:
    case EndReason::parent_gone:
    case EndReason::lock_lost:
      break;
  }
  return EndedBy::interruption;
}

void BatchTotal::end_by(EndReason reason, int signal) {
  last_by = EndedBy::interruption;
  result.observation.end_reason = reason;
  result.observation.end_signal = signal;
}

void BatchTotal::add(const supervision::AttemptResult& one) {
  last_by = who_ended(one);
  supervision::GuardReport& sum = result.report;
  const supervision::GuardReport& more = one.report;
  sum.user_us += more.user_us;
  sum.system_us += more.system_us;
  sum.max_rss_kb = std::max(sum.max_rss_kb, more.max_rss_kb);
  sum.memory_peak_kb = std::max(sum.memory_peak_kb, more.memory_peak_kb);
  sum.survivors += more.survivors;
  if (more.survivors > 0) sum.survivor_list = more.survivor_list;
  add_leftovers(more);
  Observation& seen = result.observation;
  seen.leak_fails = one.observation.leak_fails;
  if (sum.exec_error == 0) sum.exec_error = more.exec_error;
  if (one.observation.end_reason != EndReason::none && !one.ended_for_companion) {
    seen.end_reason = one.observation.end_reason;
    seen.end_signal = one.observation.end_signal;
  }
  if (!one.note.empty()) result.note = one.note;
}

void BatchTotal::add_leftovers(const supervision::GuardReport& one) {
  supervision::GuardReport& sum = result.report;
  for (unsigned i = 0; i < one.leftovers && !one.kept; ++i) {
    if (i < one.leftover_list.size() && sum.leftovers < sum.leftover_list.size()) {
      sum.leftover_list[sum.leftovers] = one.leftover_list[i];
    }
    ++sum.leftovers;
  }
  result.observation.leaked = sum.leftovers > 0;
}

std::string parts_in(const std::string& markers) {
  return markers + "/" + std::string(names::k_report_parts_directory);
}

void keep_part(const std::string& file, const std::string& parts) {
  const Result<std::string> text = os::read_file(file, k_longest_part);
  (void)::unlink(file.c_str());
  if (!text) return;
  const std::string path =
      parts + "/" + std::to_string(::getpid()) + "-" + std::to_string(os::monotonic_now_us());
  const Result<os::UniqueFd> kept = os::open_own(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (kept) (void)os::write_all(kept->get(), *text);
}

BatchReport::BatchReport(std::string file, const std::string& markers)
    : file_(std::move(file)), parts_(parts_in(markers)) {}

void BatchReport::begin(const std::vector<std::string>& cases) {
  if (!is_wanted()) return;
  began_ = local_time();
  (void)os::make_own_directories(parts_, 0700);
  if (cases.empty()) return;
  const Result<std::string> earlier = os::read_file(file_, k_longest_part);
  if (earlier) merge_.add(*earlier);
}

Result<void> BatchReport::write(const std::vector<CaseResult>& results) {
  if (!is_wanted()) return {};
  for (const std::string& name : os::names_in_own(parts_)) {
    const Result<std::string> part = os::read_own(parts_ + "/" + name, k_longest_part);
    if (part) merge_.add(*part);
  }
  (void)os::remove_directory(parts_);
  return put(file_, merge_.text(results, began_));
}

void CaseJournal::begin_record(unsigned worker) {
  record_.emplace("cases", os::unix_now_ms());
  record_->text("attempt", identity_.attempt).text("test", identity_.test);
  record_->text("key", identity_.key);
  if (worker != 0) record_->number("worker", worker);
  record_->begin_list("cases");
  worker_ = worker;
}

Result<void> CaseJournal::add(const CaseResult& result, const std::string& log,
                              const OutputRange& range) {
  if (path_.empty()) return {};
  Result<void> written;
  if (record_ && worker_ != result.worker) written = write();
  if (!record_) begin_record(result.worker);
  record_->begin_object().text("case", result.name).text("outcome", name_of(result.outcome));
  if (result.outcome) record_->seconds("wall_s", result.wall_us);
  if (result.signal) record_->number("signal", *result.signal);
  if (result.exit_code) record_->number("exit_code", *result.exit_code);
  if (!log.empty() && range.end > range.begin) {
    record_->numbers("output", range.begin, range.end - range.begin);
    log_ = log;
  }
  if (!result.note.empty()) record_->text("note", result.note);
  record_->end_object();
  return record_->size() < k_most_collected ? written : write();
}

Result<void> CaseJournal::write() {
  if (!record_) return {};
  record_->end_list();
  if (!log_.empty()) record_->text("log", log_);
  const std::string line = std::move(*record_).finish();
  record_.reset();
  return os::append_line(path_, line);
}

}  // namespace holdfast::exec
