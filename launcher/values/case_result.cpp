#include "values/case_result.hpp"

#include <holdfast/worker_protocol.h>

#include "base/text.hpp"

namespace holdfast {

namespace {

std::string exited_with(int code) { return "exited with code " + std::to_string(code); }

void end_by_signal(CaseResult& result, const WorkerEnd& end) {
  result.signal = end.main.code;
  const bool memory = end.oom_killed && end.main.code == k_signal_kill;
  result.outcome = memory ? Outcome::oom_killed : Outcome::crashed;
}

// The process ended in the middle of the case.
void end_within(CaseResult& result, const WorkerEnd& end) {
  const int code = end.main.code;
  result.exit_code = code;
  if (end.marker) {
    result.outcome = Outcome::deliberate_exit;
  } else if (code == 0) {
    result.outcome = Outcome::premature_exit;
    result.note = "the process exited with code 0 in the middle of it";
  } else {
    result.outcome = Outcome::failed;
    result.note = text_of({"the process ", exited_with(code), " in the middle of it"});
  }
}

// The case had ended before its process, and the process ran no other case.
void end_after(CaseResult& result, CaseEnd said, bool finished, const WorkerEnd& end) {
  const int code = end.main.code;
  result.exit_code = code;
  result.outcome = outcome_of(said);
  if (said == CaseEnd::failed) return;
  if (code != 0) {
    result.outcome = end.marker ? Outcome::deliberate_exit : Outcome::failed;
    result.note = "after it had ended the process " + exited_with(code);
  } else if (!finished) {
    result.outcome = end.marker ? Outcome::deliberate_exit : Outcome::premature_exit;
    result.note = "after it had ended the process exited with code 0 before it was through";
  }
}

void conclude_end(CaseResult& result, const std::optional<CaseEnd>& said, bool finished,
                  const WorkerEnd& end) {
  if (const std::optional<Outcome> outcome = outcome_of(end.by)) {
    result.outcome = outcome;
    if (end.by == EndedBy::whole_limit) result.note = "the time of the whole test was over";
    if (end.by == EndedBy::own_failure) return;
    // How the process ended is no verdict on the case.
    result.signal = end.main.signal();
    result.exit_code = end.main.exit_code();
    return;
  }
  switch (end.main.kind) {
    case ProcessEnd::Kind::never_started:
      result.outcome = Outcome::launch_failed;
      return;
    case ProcessEnd::Kind::signalled:
      end_by_signal(result, end);
      if (said) result.note = "the process died after the case had ended";
      return;
    case ProcessEnd::Kind::exited:
      break;
  }
  if (said) {
    end_after(result, *said, finished, end);
  } else {
    end_within(result, end);
  }
}

}  // namespace

std::string_view name_of(const std::optional<Outcome>& outcome) {
  return name_of(outcome.value_or(Outcome::not_run));
}

Outcome outcome_of(CaseEnd said) {
  if (said == CaseEnd::passed) return Outcome::passed;
  return said == CaseEnd::skipped ? Outcome::skipped : Outcome::failed;
}

std::optional<Outcome> outcome_of(EndedBy by) {
  switch (by) {
    case EndedBy::itself:
      return std::nullopt;
    case EndedBy::case_limit:
    case EndedBy::whole_limit:
      return Outcome::timed_out;
    case EndedBy::interruption:
      return Outcome::interrupted;
    case EndedBy::own_failure:
      break;
  }
  return Outcome::internal_error;
}

int badness(const std::optional<Outcome>& outcome) {
  return facts_of(outcome.value_or(Outcome::not_run)).badness;
}

bool is_bad(const std::optional<Outcome>& outcome) { return badness(outcome) > 0; }

void conclude_case(CaseResult& result, const std::optional<CaseEnd>& said, bool finished,
                   const WorkerEnd& end) {
  conclude_end(result, said, finished, end);
  if (end.left.empty()) return;
  result.note += text_of({result.note.empty() ? "" : "; ", end.left});
  if (!end.leak_fails || is_bad(result.outcome)) return;
  result.outcome = Outcome::failed;
  result.leak_failed = true;
}

std::string worker_message(std::initializer_list<std::string_view> fields) {
  std::string packet;
  for (const std::string_view field : fields) {
    packet += field.substr(0, field.find('\0'));
    packet += '\0';
  }
  return packet;
}

std::optional<std::vector<std::string_view>> worker_fields(std::string_view packet) {
  if (packet.size() > HOLDFAST_WORKER_LONGEST || !packet.ends_with('\0')) return std::nullopt;
  return collected(TextParts{packet, '\0'}, std::identity());
}

}  // namespace holdfast
