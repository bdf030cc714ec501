// Programs of doctest, version 2.4. Holdfast links nothing with them. A process of one case prints
// what doctest prints, and the totals at its end tell of the case. A process of several cases
// writes doctest's XML into a file instead, because doctest has one place for all of its reporters;
// Holdfast then prints what is in it (batches/test_program.hpp).

#include "base/names.hpp"
#include "batches/report_program.hpp"
#include "batches/side_by_side.hpp"

namespace holdfast::exec {
namespace {

class DoctestProgram final : public ReportProgram {
 public:
  DoctestProgram(const os::Command& command, const std::string& markers)
      : ReportProgram(command, markers), words_(doctest_words(command.arguments + 1)) {
    is_question_ = words_.has(DoctestWord::question);
    if (words_.has(DoctestWord::alone)) {
      why_one_test_ =
          "--first, --last, --abort-after and --no-exitcode are about all of its cases together";
    }
    can_report_ = !words_.has(DoctestWord::report);
    why_untold_ =
        "doctest cannot tell of its cases beside the reporter and the options of its own "
        "(isolation process tells them apart)";
    report_files_ = {names::k_doctest_cases_file};
    list_file_ = names::k_doctest_list_file;
  }

  const Framework& framework() const override { return doctest(); }

  WorkerCommand running_all() const override {
    WorkerCommand made(given_);
    add_report(made);
    return made;
  }

  WorkerCommand running(const std::string& selection, Selected selected) const override {
    WorkerCommand made(given_, framework().without_selection(given_.arguments + 1));
    made.add_arguments({std::string(framework().selecting_option()) + selection});
    if (selected == Selected::several) add_report(made);
    return made;
  }

  WorkerCommand listing() const override {
    WorkerCommand made(given_, words_.without({DoctestWord::report}));
    made.add_arguments({framework().list_option(), "--reporters=xml"});
    if (!markers_.empty()) {
      made.add_arguments({"--out=" + report_file_in(markers_, names::k_doctest_list_file)});
    }
    return made;
  }

  CaseReport take_report(const ProcessEnd& end, const std::string& own_case,
                         std::string_view printed) const override {
    const auto xml = take_file(names::k_doctest_cases_file);
    CaseReport said;
    const bool has_exited = end.kind == ProcessEnd::Kind::exited;
    if (own_case.empty()) {
      if (xml) return read_doctest_report(*xml);
      said.has_begun = !has_reports();
      said.is_through = !has_reports() && has_exited;
    } else if (!words_.has(DoctestWord::report)) {
      // A process of one case prints totals. After a fatal signal, doctest prints them and then
      // dies of the signal.
      if (has_exited) said = read_doctest_totals(printed, own_case);
      said.has_begun = printed.find("[doctest] ") != std::string_view::npos;
    } else if (has_exited) {
      said.is_through = true;
      said.cases.push_back({own_case, end.code == 0 ? CaseEnd::passed : CaseEnd::failed});
    }
    return said;
  }

 private:
  bool read_list(std::string_view text, int /*code*/, BatchEvent& event) const override {
    std::optional<std::vector<std::string>> list = parse_doctest_list(text);
    if (list) event.cases = std::move(*list);
    return list.has_value();
  }

  void add_report(WorkerCommand& made) const {
    if (!has_reports()) return;
    made.add_arguments(
        {"--reporters=xml", "--out=" + report_file_in(markers_, names::k_doctest_cases_file)});
  }

  ProgramWords<DoctestWord> words_;
};

}  // namespace

std::unique_ptr<TestProgram> doctest_program(const os::Command& command,
                                             const std::string& markers) {
  return std::make_unique<DoctestProgram>(command, markers);
}

}  // namespace holdfast::exec
