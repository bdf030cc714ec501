// Programs of Catch2, versions 2.13 and 3. Holdfast links nothing with them and leaves what they
// print as it is. batches/test_program.hpp says what can still be known of their cases.

#include "base/names.hpp"
#include "batches/report_program.hpp"
#include "batches/side_by_side.hpp"

namespace holdfast::exec {
namespace {

class Catch2Program final : public ReportProgram {
 public:
  // In Catch2's options a `::` would end the name of a report file, so a directory with `::` cannot
  // be used.
  Catch2Program(const os::Command& command, const std::string& markers, FrameworkKind version)
      : ReportProgram(command, markers.find("::") == std::string::npos ? markers : std::string()),
        words_(catch2_words(command.arguments + 1)),
        version_(version) {
    is_question_ = words_.has(Catch2Word::question);
    if (version_ == FrameworkKind::catch2_two) {
      why_untold_ =
          "Catch2 2 tells of its cases only in place of its output (isolation process tells them "
          "apart)";
      return;
    }
    can_report_ = !words_.has(Catch2Word::ending);
    why_untold_ =
        "its run may end before all cases (--abort), or there is no directory for what Catch2 "
        "tells of them";
    report_files_ = {names::k_catch2_cases_file, names::k_catch2_totals_file};
    list_file_ = names::k_catch2_list_file;
    may_have_no_list_ = false;
  }

  const Framework& framework() const override { return catch2(); }

  WorkerCommand running_all() const override {
    WorkerCommand made(given_);
    add_reports(made);
    return made;
  }

  WorkerCommand running(const std::string& selection, Selected /*selected*/) const override {
    WorkerCommand made(given_, framework().without_selection(given_.arguments + 1));
    add_reports(made);
    // Without this option, version 2 exits with 0 if no case has that name.
    const bool may_pass_empty =
        version_ == FrameworkKind::catch2_two && !words_.has(Catch2Word::warning);
    if (may_pass_empty) made.add_arguments({"--warn", "NoTests"});
    made.add_arguments({selection});
    return made;
  }

  WorkerCommand listing() const override {
    WorkerCommand made(
        given_, words_.without({Catch2Word::reporter, Catch2Word::output, Catch2Word::shard_count,
                                Catch2Word::shard_index, Catch2Word::warning}));
    made.add_arguments({framework().list_option()});
    if (version_ == FrameworkKind::catch2_two) {
      made.add_arguments({"--list-test-names-only"});
      return made;
    }
    made.add_arguments(
        {"--reporter", markers_.empty() ? "xml" : report_as("xml", names::k_catch2_list_file)});
    return made;
  }

  bool is_shard() const override { return catch2_shard(words_).count > 1; }

  // Without files, the totals that a process prints tell of its cases, and its exit code. Otherwise
  // only its exit code does.
  CaseReport take_report(const ProcessEnd& end, const std::string& own_case,
                         std::string_view printed) const override {
    CaseReport said;
    const bool has_exited = end.kind == ProcessEnd::Kind::exited;
    Catch2Totals totals;
    if (has_reports()) {
      const auto cases = take_file(names::k_catch2_cases_file);
      said.has_begun = cases.has_value();
      if (cases) said.cases = read_catch2_cases(*cases);
      totals = read_catch2_totals(take_file(names::k_catch2_totals_file).value_or(""),
                                  Catch2Source::compact);
    } else if (prints_totals()) {
      totals = read_catch2_totals(printed, Catch2Source::console);
    } else {
      said.is_through = has_exited;
    }
    // After a fatal signal, Catch2 ends its reports as it does after a whole run, although the
    // program may live on.
    const bool has_crashed = totals.has_crashed && !has_exited;
    said.is_through = said.is_through || (totals.are_there && !has_crashed);
    said.ran_nothing = said.is_through && totals.ran_nothing;
    // If the process has crashed, it has crashed in the last case.
    if (has_crashed && !said.cases.empty() && said.cases.back().end == CaseEnd::failed) {
      said.died_in = std::move(said.cases.back());
      said.cases.pop_back();
    }
    const bool is_by_code = !has_reports() && said.is_through && !said.ran_nothing;
    if (is_by_code && !own_case.empty()) {
      const bool is_well = !totals.has_failed && (!has_exited || end.code == 0);
      said.cases.push_back({own_case, is_well ? CaseEnd::passed : CaseEnd::failed});
    }
    return said;
  }

 private:
  bool read_list(std::string_view text, int code, BatchEvent& event) const override {
    std::optional<Catch2List> list;
    if (version_ == FrameworkKind::catch2_two) {
      list = parse_catch2_name_list(text);
    } else if (code == 0) {
      list = parse_catch2_xml_list(text);
    }
    if (!list) return false;
    event.others = take_other_shards(list->cases, catch2_shard(words_));
    event.cases = std::move(list->cases);
    event.why = std::move(list->trouble);
    return true;
  }

  // Only the console reporter, on stdout, prints totals that can be read.
  bool prints_totals() const {
    return !words_.has(Catch2Word::reporter) && !words_.has(Catch2Word::output) && !is_question_;
  }

  std::string report_as(std::string_view reporter, std::string_view file) const {
    return std::string(reporter) + "::out=" + report_file_in(markers_, file);
  }

  // Keeps the reporters that Catch2 would use: the user's, or the console reporter.
  void add_reports(WorkerCommand& made) const {
    if (!has_reports()) return;
    if (!words_.has(Catch2Word::reporter)) made.add_arguments({"--reporter", "console"});
    made.add_arguments({"--reporter", report_as("automake", names::k_catch2_cases_file)});
    made.add_arguments({"--reporter", report_as("compact", names::k_catch2_totals_file)});
  }

  ProgramWords<Catch2Word> words_;
  FrameworkKind version_;
};

}  // namespace

std::unique_ptr<TestProgram> catch2_program(const os::Command& command, const std::string& markers,
                                            FrameworkKind version) {
  return std::make_unique<Catch2Program>(command, markers, version);
}

}  // namespace holdfast::exec
