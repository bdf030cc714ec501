// Programs of doctest, version 2.4. Holdfast links nothing with them. A process of one case prints
// what doctest prints, and the totals at its end tell of the case. A process of several cases
// writes doctest's XML into a file instead, because doctest has one place for all of its reporters;
// Holdfast then prints what is in it (core/framework/case_report.hpp).
#include <optional>
#include <utility>

#include "core/base/names.hpp"
#include "core/framework/case_report.hpp"
#include "core/framework/program_words.hpp"
#include "exec/batch/side_by_side.hpp"
#include "exec/batch/test_program.hpp"
#include "exec/framework/report_worker.hpp"

namespace holdfast::exec {
namespace {

class DoctestReports final : public CaseReports {
 public:
  // `markers`: where the processes of several cases leave their reports; empty: they leave none.
  // `has_totals`: those of one case print totals.
  DoctestReports(std::string markers, bool has_totals)
      : markers_(std::move(markers)), has_totals_(has_totals) {}

  bool tell_each() const override { return !markers_.empty(); }
  void forget() override { (void)take_report_file(markers_, names::k_doctest_cases_file); }

  CaseReport take(const ProcessEnd& end, const std::string& own_case,
                  std::string_view printed) override {
    const auto xml = take_report_file(markers_, names::k_doctest_cases_file);
    CaseReport said;
    const bool has_exited = end.kind == ProcessEnd::Kind::exited;
    if (own_case.empty()) {
      if (xml) return read_doctest_report(*xml);
      said.has_begun = markers_.empty();
      said.is_through = markers_.empty() && has_exited;
    } else if (has_totals_) {
      // After a fatal signal, doctest prints totals and then dies of the signal.
      if (has_exited) said = read_doctest_totals(printed, own_case);
      said.has_begun = printed.find("[doctest] ") != std::string_view::npos;
    } else if (has_exited) {
      said.is_through = true;
      said.cases.push_back({own_case, end.code == 0 ? CaseEnd::passed : CaseEnd::failed});
    }
    return said;
  }

 private:
  std::string markers_;
  bool has_totals_;
};

class DoctestProgram final : public TestProgram {
 public:
  DoctestProgram(const os::Command& command, std::string markers)
      : given_(command),
        words_(doctest_words(command.arguments + 1)),
        markers_(std::move(markers)),
        framework_(doctest(has_reports() ? Telling::ends : Telling::nothing)) {}

  const Framework& framework() const override { return framework_; }

  Start start(Isolation wanted) const override {
    if (words_.has(DoctestWord::question)) return {};
    if (words_.has(DoctestWord::alone)) {
      return {Isolation::none,
              "it runs as one test: --first, --last, --abort-after and --no-exitcode are about all "
              "of its cases together"};
    }
    if (wanted == Isolation::fork) {
      return {Isolation::process,
              "cannot fork its cases, each gets a process of its own: it is a doctest program"};
    }
    if (wanted == Isolation::none && !has_reports()) {
      return {Isolation::none,
              "it runs as one test: doctest cannot tell of its cases beside the reporter and the "
              "options of its own (isolation process tells them apart)"};
    }
    return {wanted, {}};
  }

  WorkerCommand running_all() const override {
    WorkerCommand made(given_);
    add_report(made);
    return made;
  }

  WorkerCommand running(const std::string& selection, Selected selected) const override {
    WorkerCommand made(given_, framework_.without_selection(given_.arguments + 1));
    made.add_argument(std::string(framework_.selecting_option()) + selection);
    if (selected == Selected::several) add_report(made);
    return made;
  }

  WorkerCommand listing() const override {
    WorkerCommand made(given_, words_.without({DoctestWord::report}));
    made.add_argument(std::string(framework_.list_option()));
    made.add_argument("--reporters=xml");
    if (!markers_.empty()) {
      made.add_argument("--out=" + report_file_in(markers_, names::k_doctest_list_file));
    }
    return made;
  }

  BatchEvent listed(std::string_view printed, const WorkerEnd& end) const override {
    BatchEvent event;
    event.end = end;
    event.kind = BatchEvent::Kind::not_listed;
    const std::optional<std::string> file = take_report_file(markers_, names::k_doctest_list_file);
    if (!end.exited_by_itself()) return event;
    auto list = parse_doctest_list(file ? std::string_view(*file) : printed);
    if (!list && !end.ended_well()) return event;
    event.kind = BatchEvent::Kind::listed;
    if (list) {
      event.cases = std::move(*list);
    } else {
      event.why = "it prints none of doctest's";
    }
    return event;
  }

  std::unique_ptr<BatchWorker> worker(WorkerOrder order) const override {
    return std::make_unique<ReportWorker>(
        std::move(order), std::make_unique<DoctestReports>(has_reports() ? markers_ : std::string(),
                                                           !words_.has(DoctestWord::report)));
  }

  void use(const std::string& markers) override {
    if (!markers_.empty()) markers_ = markers;
  }

  bool is_shard() const override { return false; }

 private:
  bool has_reports() const {
    return !markers_.empty() && !words_.has(DoctestWord::report) &&
           !words_.has(DoctestWord::alone) && !words_.has(DoctestWord::question);
  }

  void add_report(WorkerCommand& made) const {
    if (!has_reports()) return;
    made.add_argument("--reporters=xml");
    made.add_argument("--out=" + report_file_in(markers_, names::k_doctest_cases_file));
  }

  os::Command given_;
  ProgramWords<DoctestWord> words_;
  std::string markers_;
  const Framework& framework_;
};

}  // namespace

std::unique_ptr<TestProgram> doctest_program(const os::Command& command,
                                             const std::string& markers) {
  return std::make_unique<DoctestProgram>(command, markers);
}

}  // namespace holdfast::exec
