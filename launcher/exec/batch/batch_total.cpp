#include "exec/batch/batch_total.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::exec {

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
      return EndedBy::interruption;
  }
  return EndedBy::own_failure;
}

void note_end(const ProcessEnd& main, supervision::AttemptResult& result) {
  result.report.main_reaped = main.kind != ProcessEnd::Kind::never_started;
  if (main.kind == ProcessEnd::Kind::exited) result.report.main_status = main.code << 8;
  if (main.kind == ProcessEnd::Kind::signalled) result.report.main_status = main.code;
}

BatchEvent not_begun(EndedBy by, std::string why) {
  BatchEvent event{.kind = BatchEvent::Kind::not_begun, .why = std::move(why)};
  event.end.by = by;
  event.end.main = {ProcessEnd::Kind::exited, 0};
  return event;
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
  seen.leaked = seen.leaked || one.observation.leaked;
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
}

}  // namespace holdfast::exec
