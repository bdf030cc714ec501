#include "batches/report_program.hpp"

#include "base/text.hpp"
#include "batches/side_by_side.hpp"
#include "os/file/clock.hpp"

namespace holdfast::exec {
namespace {

// Totals and the like are among the last lines.
constexpr std::size_t k_end_of_output = 64UL * 1024UL;

// Returns the worst end of the cases with this name: cases that differ only in their tags have one
// name.
std::optional<CaseEnd> worst_of(const std::vector<ReportedCase>& cases, std::string_view name) {
  std::optional<CaseEnd> worst;
  for (const ReportedCase& one : cases) {
    if (one.name != name) continue;
    if (!worst || one.end == CaseEnd::failed || *worst == CaseEnd::skipped) worst = one.end;
  }
  return worst;
}

// Looks after one process of such a program, which is not followed while it runs. Passes its output
// on as it comes. When the process has ended, reads what it says of its cases.
class ReportWorker final : public BatchWorker {
 public:
  // `program` must outlive this object.
  ReportWorker(WorkerOrder order, const ReportProgram& program)
      : BatchWorker(std::move(order)),
        program_(program),
        from_(order_.relay.position()),
        since_us_(os::monotonic_now_us()) {
    // A process whose cases together count as one test has the time of one case. If there are
    // several cases, it is not known which case runs, so no case has a limit.
    const bool has_limit = !order_.own_case.empty() || !program_.has_reports();
    if (has_limit && order_.case_timeout.count() > 0) {
      until_ = os::monotonic_now() + order_.case_timeout;
    }
    program_.forget_reports();
  }

  void look() override {
    CapturedOutput::look();
    order_.told();
  }

  OutputRange finish(const ProcessEnd& end) override {
    take_rest();
    const CaseReport said = program_.take_report(end, order_.own_case, printed_);
    if (order_.own_case.empty()) {
      tell_cases(said);
    } else {
      tell_own_case(said);
    }
    order_.link.drop();
    order_.told();
    return {from_, order_.relay.position()};
  }

 private:
  void take(Stream stream, std::string_view bytes) override {
    CapturedOutput::take(stream, bytes);
    if (stream == Stream::output) add_to_tail(printed_, bytes, k_end_of_output);
  }

  void tell_own_case(const CaseReport& said) {
    if (!said.has_begun) return;
    const std::optional<CaseEnd> end = worst_of(said.cases, order_.own_case);
    // The program came to its end and has not run the case.
    if (said.is_through && !end) return announce(0);
    announce(1);
    began(order_.own_case);
    if (!said.is_through) return;
    ended({order_.own_case, *end}, {from_, order_.relay.position()});
    order_.tell({.kind = BatchEvent::Kind::finished}, {});
  }

  void tell_cases(const CaseReport& said) {
    if (!said.has_begun) return;
    const bool has_more = !said.is_through || (said.cases.empty() && !said.ran_nothing);
    announce(said.cases.size() + (has_more ? 1 : 0));
    print(said.first_words);
    for (const ReportedCase& one : said.cases) {
      began(one.name);
      ended(one, print(one.words));
    }
    if (said.died_in) {
      began(said.died_in->name);
      print(said.died_in->words);
    }
    print(said.last_words);
    if (said.is_through) order_.tell({.kind = BatchEvent::Kind::finished}, {});
  }

  // Words that the program has not printed itself.
  OutputRange print(const std::string& words) {
    if (words.empty()) return {};
    const std::uint64_t begin = order_.relay.position();
    order_.relay.write(Stream::output, words);
    return {begin, order_.relay.position()};
  }

  void announce(std::uint64_t count) {
    order_.tell({.kind = BatchEvent::Kind::announced, .count = count}, {});
  }

  // Nobody knows when each of several cases began, so they take no time.
  void began(const std::string& name) {
    order_.tell({.kind = BatchEvent::Kind::case_began,
                 .name = name,
                 .at_us = order_.own_case.empty() ? 0 : since_us_},
                {});
  }

  void ended(const ReportedCase& one, const OutputRange& range) {
    order_.tell({.kind = BatchEvent::Kind::case_ended, .name = one.name, .said = one.end}, range);
  }

  const ReportProgram& program_;
  std::string printed_;  // the end of what came on stdout
  std::uint64_t from_;   // where the output of the process begins in the file
  std::int64_t since_us_;
};

}  // namespace

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
  BatchEvent event{.kind = BatchEvent::Kind::not_listed, .end = end};
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
  return std::make_unique<ReportWorker>(std::move(order), *this);
}

std::optional<std::string> ReportProgram::take_file(std::string_view file) const {
  return has_reports() ? take_report_file(markers_, file) : std::nullopt;
}

void ReportProgram::forget_reports() const {
  for (const std::string_view file : report_files_) (void)take_file(file);
}

void ReportProgram::use(const std::string& markers) {
  if (!markers_.empty()) markers_ = markers;
}

}  // namespace holdfast::exec
