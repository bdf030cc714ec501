#include "exec/case_journal.hpp"

#include "core/json_line.hpp"
#include "os/clock.hpp"
#include "os/file_text.hpp"

namespace holdfast::exec {

Result<void> record_case(const launcher::AttemptIdentity& identity, const CaseResult& result,
                         const CaseOutput& output) {
  if (identity.journal.empty()) return {};
  JsonLine line("case", os::unix_now_ms());
  line.text("attempt", identity.attempt).text("test", identity.test).text("key", identity.key);
  line.text("case", result.name).text("outcome", name_of(result.outcome));
  if (result.outcome) line.seconds("wall_s", result.wall_us);
  if (result.signal) line.number("signal", *result.signal);
  if (result.exit_code) line.number("exit_code", *result.exit_code);
  if (result.worker != 0) line.number("worker", result.worker);
  if (!output.log.empty() && output.end > output.begin) {
    line.raw("output", "[" + std::to_string(output.begin) + "," +
                           std::to_string(output.end - output.begin) + "]");
    line.text("log", output.log);
  }
  if (!result.note.empty()) line.text("note", result.note);
  return os::append_line(identity.journal, std::move(line).finish());
}

}  // namespace holdfast::exec
