// Programs of Catch2, versions 2.13 and 3. Holdfast links nothing with them and leaves what they
// print as it is. core/framework/catch2_report.hpp says what can still be known of their cases.
#include <cstdint>
#include <optional>
#include <utility>

#include "core/base/names.hpp"
#include "core/framework/catch2_list.hpp"
#include "core/framework/catch2_report.hpp"
#include "core/framework/program_words.hpp"
#include "exec/batch/side_by_side.hpp"
#include "exec/batch/test_program.hpp"
#include "exec/framework/report_worker.hpp"

namespace holdfast::exec {
namespace {

// What shows how the cases ended.
enum class Catch2Sign : std::uint8_t {
  reports,    // files in the marker directory: names::k_catch2_cases_file, k_catch2_totals_file
  console,    // the totals that the program prints, and its exit code
  exit_code,  // only its exit code
};

class Catch2Reports final : public CaseReports {
 public:
  Catch2Reports(Catch2Sign sign, std::string markers) : sign_(sign), markers_(std::move(markers)) {}

  bool tell_each() const override { return sign_ == Catch2Sign::reports; }

  void forget() override {
    if (sign_ != Catch2Sign::reports) return;
    (void)take_report_file(markers_, names::k_catch2_cases_file);
    (void)take_report_file(markers_, names::k_catch2_totals_file);
  }

  CaseReport take(const ProcessEnd& end, const std::string& own_case,
                  std::string_view printed) override {
    CaseReport said;
    const bool has_exited = end.kind == ProcessEnd::Kind::exited;
    Catch2Totals totals(sign_ == Catch2Sign::reports ? Catch2Totals::Source::compact
                                                     : Catch2Totals::Source::console);
    switch (sign_) {
      case Catch2Sign::reports: {
        const auto cases = take_report_file(markers_, names::k_catch2_cases_file);
        said.has_begun = cases.has_value();
        if (cases) said.cases = read_catch2_cases(*cases);
        const auto text = take_report_file(markers_, names::k_catch2_totals_file);
        if (text) totals.read(*text);
        break;
      }
      case Catch2Sign::console:
        totals.read(printed);
        break;
      case Catch2Sign::exit_code:
        said.is_through = has_exited;
        break;
    }
    totals.end();
    // After a fatal signal, Catch2 ends its reports as it does after a whole run, although the
    // program may live on.
    const bool has_crashed = totals.has_crashed() && !has_exited;
    said.is_through = said.is_through || (totals.are_there() && !has_crashed);
    said.ran_nothing = said.is_through && totals.ran_nothing();
    // If the process has crashed, it has crashed in the last case.
    if (has_crashed && !said.cases.empty() && said.cases.back().end == CaseEnd::failed) {
      said.died_in = std::move(said.cases.back());
      said.cases.pop_back();
    }
    const bool is_by_code = sign_ != Catch2Sign::reports && said.is_through && !said.ran_nothing;
    if (is_by_code && !own_case.empty()) {
      const bool is_well = !totals.has_failed() && (!has_exited || end.code == 0);
      said.cases.push_back({own_case, is_well ? CaseEnd::passed : CaseEnd::failed});
    }
    return said;
  }

 private:
  Catch2Sign sign_;
  std::string markers_;
};

class Catch2Program final : public TestProgram {
 public:
  Catch2Program(const os::Command& command, const std::string& markers, FrameworkKind version)
      : given_(command),
        words_(catch2_words(command.arguments + 1)),
        version_(version),
        // In Catch2's options a `::` would end the name of a report file, so a directory with `::`
        // cannot be used.
        markers_(markers.find("::") == std::string::npos ? markers : std::string()),
        framework_(catch2(version, has_reports() ? Telling::ends : Telling::nothing)) {}

  const Framework& framework() const override { return framework_; }

  Start start(Isolation wanted) const override {
    // A program that was told to list its cases runs none.
    if (words_.has(Catch2Word::question)) return {};
    if (wanted == Isolation::fork) {
      return {Isolation::process,
              "cannot fork its cases, each gets a process of its own: it is a Catch2 program"};
    }
    if (wanted == Isolation::none && framework_.tells() == Telling::nothing) {
      return {Isolation::none,
              version_ == FrameworkKind::catch2_two
                  ? "it runs as one test: Catch2 2 tells of its cases only in "
                    "place of its output (isolation process tells them apart)"
                  : "it runs as one test: its run may end before all cases (--abort), or "
                    "there is no directory for what Catch2 tells of them"};
    }
    return {wanted, {}};
  }

  WorkerCommand running_all() const override {
    WorkerCommand made(given_);
    add_reports(made);
    return made;
  }

  WorkerCommand running(const std::string& selection, Selected /*selected*/) const override {
    WorkerCommand made(given_, framework_.without_selection(given_.arguments + 1));
    add_reports(made);
    // Without this option, version 2 exits with 0 if no case has that name.
    const bool may_pass_empty =
        version_ == FrameworkKind::catch2_two && !words_.has(Catch2Word::warning);
    if (may_pass_empty) {
      made.add_argument("--warn");
      made.add_argument("NoTests");
    }
    made.add_argument(selection);
    return made;
  }

  WorkerCommand listing() const override {
    WorkerCommand made(
        given_, words_.without({Catch2Word::reporter, Catch2Word::output, Catch2Word::shard_count,
                                Catch2Word::shard_index, Catch2Word::warning}));
    made.add_argument(std::string(framework_.list_option()));
    if (version_ == FrameworkKind::catch2_two) {
      made.add_argument("--list-test-names-only");
      return made;
    }
    made.add_argument("--reporter");
    made.add_argument(markers_.empty() ? "xml" : report_as("xml", names::k_catch2_list_file));
    return made;
  }

  BatchEvent listed(std::string_view printed, const WorkerEnd& end) const override {
    BatchEvent event;
    event.end = end;
    event.kind = BatchEvent::Kind::not_listed;
    std::optional<Catch2List> list;
    if (end.exited_by_itself()) list = take_list(printed, end.main.code);
    const bool is_unknown = version_ == FrameworkKind::catch2_two && end.ended_well();
    if (!list && is_unknown) list = Catch2List{{}, "it prints none of Catch2's"};
    if (!list) return event;
    event.kind = BatchEvent::Kind::listed;
    event.others = take_other_shards(list->cases, catch2_shard(words_));
    event.cases = std::move(list->cases);
    event.why = std::move(list->trouble);
    return event;
  }

  std::unique_ptr<BatchWorker> worker(WorkerOrder order) const override {
    // Only the console reporter, on stdout, prints totals that can be read.
    const bool has_no_totals = words_.has(Catch2Word::reporter) || words_.has(Catch2Word::output) ||
                               words_.has(Catch2Word::question);
    const Catch2Sign sign = has_reports()   ? Catch2Sign::reports
                            : has_no_totals ? Catch2Sign::exit_code
                                            : Catch2Sign::console;
    return std::make_unique<ReportWorker>(std::move(order),
                                          std::make_unique<Catch2Reports>(sign, markers_));
  }

  void use(const std::string& markers) override {
    if (!markers_.empty()) markers_ = markers;
  }

  bool is_shard() const override { return catch2_shard(words_).count > 1; }

 private:
  bool has_reports() const {
    return version_ == FrameworkKind::catch2_three && !markers_.empty() &&
           !words_.has(Catch2Word::question) && !words_.has(Catch2Word::ending);
  }

  std::string report_as(std::string_view reporter, std::string_view file) const {
    return std::string(reporter) + "::out=" + report_file_in(markers_, file);
  }

  // Keeps the reporters that Catch2 would use: the user's, or the console reporter.
  void add_reports(WorkerCommand& made) const {
    if (!has_reports()) return;
    if (!words_.has(Catch2Word::reporter)) {
      made.add_argument("--reporter");
      made.add_argument("console");
    }
    made.add_argument("--reporter");
    made.add_argument(report_as("automake", names::k_catch2_cases_file));
    made.add_argument("--reporter");
    made.add_argument(report_as("compact", names::k_catch2_totals_file));
  }

  std::optional<Catch2List> take_list(std::string_view printed, int code) const {
    if (version_ == FrameworkKind::catch2_two) return parse_catch2_name_list(printed);
    const std::optional<std::string> file = take_report_file(markers_, names::k_catch2_list_file);
    if (code != 0) return std::nullopt;
    return parse_catch2_xml_list(file ? std::string_view(*file) : printed);
  }

  os::Command given_;
  ProgramWords<Catch2Word> words_;
  FrameworkKind version_;
  std::string markers_;
  const Framework& framework_;
};

}  // namespace

std::unique_ptr<TestProgram> catch2_program(const os::Command& command, const std::string& markers,
                                            FrameworkKind version) {
  return std::make_unique<Catch2Program>(command, markers, version);
}

}  // namespace holdfast::exec
