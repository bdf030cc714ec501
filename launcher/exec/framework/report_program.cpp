#include "exec/framework/report_program.hpp"

#include <optional>

#include "core/base/parts.hpp"
#include "exec/batch/side_by_side.hpp"

namespace holdfast::exec {

TestProgram::Start ReportProgram::start(Isolation wanted) const {
  constexpr std::string_view k_as_one = "it runs as one test: ";
  if (is_question_) return {};
  if (!why_one_test_.empty()) return {Isolation::none, text_of({k_as_one, why_one_test_})};
  if (wanted == Isolation::fork) {
    return {Isolation::process,
            text_of({"cannot fork its cases, each gets a process of its own: it is a ",
                     framework().name(), " program"})};
  }
  if (wanted == Isolation::none && !has_reports()) {
    return {Isolation::none, text_of({k_as_one, why_untold_})};
  }
  return {wanted, {}};
}

BatchEvent ReportProgram::listed(std::string_view printed, const WorkerEnd& end) const {
  BatchEvent event;
  event.end = end;
  event.kind = BatchEvent::Kind::not_listed;
  const auto file = list_file_.empty() ? std::nullopt : take_report_file(markers_, list_file_);
  if (!end.exited_by_itself()) return event;
  if (!read_list(file ? std::string_view(*file) : printed, end.main.code, event)) {
    if (!end.ended_well() || !may_have_no_list_) return event;
    event.why = text_of({"it prints none of ", framework().name(), "'s"});
  }
  event.kind = BatchEvent::Kind::listed;
  return event;
}

std::unique_ptr<BatchWorker> ReportProgram::worker(WorkerOrder order) const {
  return std::make_unique<ReportWorker>(std::move(order),
                                        reports_in(has_reports() ? markers_ : std::string()));
}

void ReportProgram::use(const std::string& markers) {
  if (!markers_.empty()) markers_ = markers;
}

}  // namespace holdfast::exec
