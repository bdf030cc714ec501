#include "exec/batch/case_journal.hpp"

#include <utility>

#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"

namespace holdfast::exec {
namespace {

// The more pages one write has, the less each page costs the kernel.
constexpr std::size_t k_most_collected = 48UL * 1024UL;
constexpr std::size_t k_longest_usual_case = 1024;

}  // namespace

// Room that is never used is not touched, and so costs nothing.
void CaseJournal::begin_record(unsigned worker) {
  room_.reserve(k_most_collected + k_longest_usual_case);
  record_.emplace("cases", os::unix_now_ms(), std::move(room_));
  record_->text("attempt", identity_.attempt).text("test", identity_.test);
  record_->text("key", identity_.key);
  if (worker != 0) record_->number("worker", worker);
  record_->begin_list("cases");
  worker_ = worker;
}

Result<void> CaseJournal::add(const CaseResult& result, const CaseOutput& output) {
  if (path_.empty()) return {};
  Result<void> written;
  if (record_ && worker_ != result.worker) written = write();
  if (!record_) begin_record(result.worker);
  record_->begin_object().text("case", result.name).text("outcome", name_of(result.outcome));
  if (result.outcome) record_->seconds("wall_s", result.wall_us);
  if (result.signal) record_->number("signal", *result.signal);
  if (result.exit_code) record_->number("exit_code", *result.exit_code);
  if (!output.log.empty() && output.end > output.begin) {
    record_->numbers("output", output.begin, output.end - output.begin);
    log_ = output.log;
  }
  if (!result.note.empty()) record_->text("note", result.note);
  record_->end_object();
  return record_->size() < k_most_collected ? written : write();
}

Result<void> CaseJournal::write() {
  if (!record_) return {};
  record_->end_list();
  if (!log_.empty()) record_->text("log", log_);
  room_ = std::move(*record_).finish();
  record_.reset();
  return os::append_line(path_, room_);
}

}  // namespace holdfast::exec
