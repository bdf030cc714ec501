#include "exec/case_journal.hpp"

#include <utility>

#include "os/clock.hpp"
#include "os/file_text.hpp"

namespace holdfast::exec {
namespace {

constexpr std::size_t k_most_collected = 14UL * 1024UL;
constexpr std::size_t k_usual = 15UL * 1024UL;

}  // namespace

void CaseJournal::begin_record() {
  room_.reserve(k_usual);
  record_.emplace("cases", os::unix_now_ms(), std::move(room_));
  record_->text("attempt", identity_.attempt).text("test", identity_.test);
  record_->text("key", identity_.key).begin_list("cases");
}

Result<void> CaseJournal::add(const CaseResult& result, const CaseOutput& output) {
  if (identity_.journal.empty()) return {};
  if (!record_) begin_record();
  record_->begin_object("case", result.name).text("outcome", name_of(result.outcome));
  if (result.outcome) record_->seconds("wall_s", result.wall_us);
  if (result.signal) record_->number("signal", *result.signal);
  if (result.exit_code) record_->number("exit_code", *result.exit_code);
  if (result.worker != 0) record_->number("worker", result.worker);
  if (!output.log.empty() && output.end > output.begin) {
    record_->numbers("output", output.begin, output.end - output.begin);
    log_ = output.log;
  }
  if (!result.note.empty()) record_->text("note", result.note);
  record_->end_object();
  return record_->size() < k_most_collected ? Result<void>() : write();
}

Result<void> CaseJournal::write() {
  if (!record_) return {};
  record_->end_list();
  if (!log_.empty()) record_->text("log", log_);
  room_ = std::move(*record_).finish();
  record_.reset();
  return os::append_line(identity_.journal, room_);
}

}  // namespace holdfast::exec
