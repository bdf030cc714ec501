#include "exec/case_journal.hpp"

#include <utility>

#include "core/json_line.hpp"
#include "os/clock.hpp"
#include "os/file_text.hpp"

namespace holdfast::exec {
namespace {

constexpr std::size_t k_most_collected = 14UL * 1024UL;
constexpr std::size_t k_usual = 15UL * 1024UL;

}  // namespace

CaseJournal::CaseJournal(const launcher::AttemptIdentity& identity) : identity_(identity) {
  append_json_string(whose_, identity.attempt);
  whose_ += ",\"test\":";
  append_json_string(whose_, identity.test);
  whose_ += ",\"key\":";
  append_json_string(whose_, identity.key);
}

Result<void> CaseJournal::add(const CaseResult& result, const CaseOutput& output) {
  if (identity_.journal.empty()) return {};
  if (lines_.empty()) lines_.reserve(k_usual);
  JsonLine line("case", os::unix_now_ms(), std::move(lines_));
  line.raw("attempt", whose_).text("case", result.name).text("outcome", name_of(result.outcome));
  if (result.outcome) line.seconds("wall_s", result.wall_us);
  if (result.signal) line.number("signal", *result.signal);
  if (result.exit_code) line.number("exit_code", *result.exit_code);
  if (result.worker != 0) line.number("worker", result.worker);
  if (!output.log.empty() && output.end > output.begin) {
    line.numbers("output", output.begin, output.end - output.begin);
    if (log_ != output.log) {
      log_ = output.log;
      log_text_.clear();
      append_json_string(log_text_, log_);
    }
    line.raw("log", log_text_);
  }
  if (!result.note.empty()) line.text("note", result.note);
  lines_ = std::move(line).finish();
  return lines_.size() < k_most_collected ? Result<void>() : write();
}

Result<void> CaseJournal::write() {
  if (lines_.empty()) return {};
  Result<void> written = os::append_line(identity_.journal, lines_);
  lines_.clear();
  return written;
}

}  // namespace holdfast::exec
